"""What happens between a due date and the next one: applications, agreed dates, preparation, results, findings."""
