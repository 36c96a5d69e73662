"""How good the loop is: a simulated annotator, plans, a ruler, tables and figures.

May import workflow and what stands before it.
"""
