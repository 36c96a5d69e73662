"""What helps when something goes wrong: the log, and a report to send along with a question.

May import core.
"""
