"""How it looks and reads: theme, icons, tables, words to choose between.

May import core.
"""
