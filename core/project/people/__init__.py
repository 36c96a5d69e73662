"""What a human can say of people: edits, another search, and what looks wrong."""
