"""Backups, and what can be done where a file is damaged or lost."""
