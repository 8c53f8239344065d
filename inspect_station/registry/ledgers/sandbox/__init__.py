"""What runs inside the reading child: it must import nothing of the application (start-up time, memory, attack surface)."""
