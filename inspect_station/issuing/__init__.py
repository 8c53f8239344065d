"""Notices on paper: numbered, printed, served by hand, kept as they were printed."""
