"""Curves, marks and coverage over the whole video. Knows the session, never the window."""
