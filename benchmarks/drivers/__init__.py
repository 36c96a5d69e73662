"""One script per tool, run by benchmarks/peers.py with that tool's own interpreter; it drives the tool
from inside.
"""
