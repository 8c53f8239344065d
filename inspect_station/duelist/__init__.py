"""What is due, and why: the facts projected through the rulebook."""
