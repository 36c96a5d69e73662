"""The open project as the window sees it: what is shown, what changed, what comes next.

May import core.
"""
