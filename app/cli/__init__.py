"""The command line: one file per group of sub-commands, and how they print.

May import core, and the log of startup; never anything of the window.
"""
