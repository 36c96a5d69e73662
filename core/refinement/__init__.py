"""What lies between a prediction and a label: poses of one person from everything that is known of them.

All here is arithmetic on arrays of one person; what a project holds is asked for in core.queries.refined.
"""
