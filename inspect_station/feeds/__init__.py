"""Calendar feeds: the due dates of an inspector's enterprises, or of one's own, in anybody's calendar program."""
