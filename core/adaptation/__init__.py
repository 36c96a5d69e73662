"""Labels and weights become better weights: training set, trainer, validation split, pose priors.

torch is imported in the child process of core.torch_process only. May import evaluation and what stands
before it.
"""
