"""Frames on their way to the screen: readers in threads of their own, thumbnails, playing.

May import session, startup and core; never the window.
"""
