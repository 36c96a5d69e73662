"""The command line: one file per group of sub-commands, and how they print. Never imports the window."""
