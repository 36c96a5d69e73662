"""What a human can say of people: edits, another search, whom a project is about."""
