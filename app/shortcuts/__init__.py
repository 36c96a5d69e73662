"""What an action says of itself, and the keys that do it: presets, and the user's own.

May import core.
"""
