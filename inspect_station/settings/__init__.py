"""设置: people and their keys, and whether everything the station rests on is in order."""
