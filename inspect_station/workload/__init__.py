"""The month for the head: figures with their rows, people, forecast, the report, the wall."""
