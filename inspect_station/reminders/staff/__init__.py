"""Letters to the station's own people: the weekly digest, and to the head what has just become overdue."""
