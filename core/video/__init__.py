"""Video files and folders of images become numbered frames: index, decoder, cache. The only package that
imports av.

May import domain.
"""
