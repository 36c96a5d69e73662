"""The open project as the window sees it: what is shown, what changed, what comes next.

May import undo and core; never the window.
"""
