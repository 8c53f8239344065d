"""工业诊所: a firm asks, somebody comes, what was found is followed until it has an end."""
