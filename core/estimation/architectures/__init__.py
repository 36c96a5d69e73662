"""Networks as torch modules, one file each, and the table of them.

Imported in the child process only, but for the table.
"""
