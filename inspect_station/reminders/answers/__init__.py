"""What enterprises answer to a reminder: the link in it, the page behind it, the inspector's inbox."""
