"""Starting and ending: launch, the application, Ctrl+C.

May import everything of the screen; nothing but main.py imports its launch.
"""
