"""How uncertain a pose is: one file per criterion behind one protocol, normalising and combining.

May import refinement and what stands before it.
"""
