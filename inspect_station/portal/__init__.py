"""Pages that look across areas: an enterprise's first page, one device, one firm, the search."""
