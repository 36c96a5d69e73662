"""A project's poses and labels as files that other tools read, one module per kind of file.

What a format looks like is in core.formats. May import project, queries, workflow and what stands before
them.
"""
