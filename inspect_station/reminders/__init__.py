"""Who has been told: the ladder's owed steps, the outbox, the messages, the channels."""
