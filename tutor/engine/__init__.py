"""The domain model: formulas, nodes, graphs, gradient checks, networks and training.

Imports numpy and the standard library, nothing else.
"""
