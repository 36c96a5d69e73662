"""The steps of the loop, one file each: estimate, find_people, propose, annotate, fine_tune; and the segments
they work on.

The window, the command line, scripts and batches all call these. May import queries, project and what stands
before them.
"""
