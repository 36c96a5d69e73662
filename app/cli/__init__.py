"""The command line: one file per group of sub-commands, and how they print.

May import core; never anything of the screen.
"""
