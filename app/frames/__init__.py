"""Frames on their way to the screen: readers in threads of their own, thumbnails, playing.

May import diagnostics, session and core.
"""
