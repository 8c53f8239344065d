"""Pages that look across areas: one device, one firm, the search."""
