"""Which days are working days: what the State Council announced, what a person entered, what is still provisional."""
