"""Starting and ending: launch, log, recent projects, the desktop's entry, Ctrl+C.

May import everything; nothing but main.py imports its launch.
"""
