"""Is it good, can we stop: OKS, AP, PCK, learning curves, stopping criteria, poses that share a body.

Pure functions of arrays. May import estimation and what stands before it.
"""
