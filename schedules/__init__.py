"""The law, the calendar and the arithmetic of plans. Pure: no clock, no database, no network."""
