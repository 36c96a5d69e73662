"""The picture with the people on it, and what the mouse does there. Knows the session, never the window."""
