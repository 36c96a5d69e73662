"""Values and embeddings become the next batch: DUW Core-Set and one file per other sampler behind one
registry.

May import uncertainty and what stands before it.
"""
