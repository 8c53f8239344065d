"""What runs inside the reading child: imports nothing of the application, for start-up time and safety."""
