"""The panels around the picture. They know the session, never the window."""
