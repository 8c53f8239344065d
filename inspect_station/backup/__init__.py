"""A copy of the whole station in one file, the same for both databases, taken while in use and proven on restore.

The file is a zip: `manifest.json`, `tables/NAME.jsonl` (one row a line, columns named once in the manifest) and
`files/…` (documents by content). Since it names no engine, it also carries a station from SQLite to PostgreSQL.
"""
