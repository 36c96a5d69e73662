"""What can be asked of a project and changes nothing: status, review, scores, coverage, stray poses, track
checks, doctor.

May import project and what stands before it, never workflow.
"""
