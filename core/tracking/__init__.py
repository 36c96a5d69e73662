"""Frames become boxes of people: detectors, following, joining over gaps and cuts, telling people by their
appearance.

May import video and domain.
"""
