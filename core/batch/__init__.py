"""Many videos, one after the other or side by side, on this machine or on others.

The last package: it starts the command line, and may import every other.
"""
