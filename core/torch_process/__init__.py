"""The one child process that imports torch: its supervisor and what it does.

The parent never imports torch. May import adaptation, estimation and what stands before them.
"""
