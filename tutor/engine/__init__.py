"""The domain model: formulas, nodes, graphs, gradient checks, networks and training.

It imports numpy and the standard library, nothing else, and can be used without the program around it.

A formula is read in `formulas`, by way of `characters`, `tokens` and `parser`, into a tree of `expressions`.
`nodes` holds every kind of node, `graph_nodes` turns statements into nodes, and `graph` runs them forward
and backward. `network` and `training` make a network of such a graph and train it. `misconceptions` are
wrong rules, executed on any graph; `recipes` recognise in it what they are about; `planting` puts them into
a backward pass. `experiments` is what a lab runs.

Statements make a graph; the nodes run over preallocated buffers, so build once and run often:

>>> from tutor.engine.formulas import read_statements
>>> from tutor.engine.graph import Graph
>>> graph = Graph.from_statements(
...     read_statements("s = x + y; p = s * z; L = p + x^2"), {"x": -2.0, "y": 5.0, "z": -4.0}
... )
>>> float(graph.forward())
-8.0
>>> graph.backward()
>>> {name: float(graph.gradient(name)) for name in graph.names}
{'x': -8.0, 'y': -4.0, 'z': 3.0, 's': -4.0, 'p': 1.0, 'L': 1.0}

x is used twice, so two contributions flow back to it along two edges, and they add up:

>>> [float(graph.contribution(edge)) for edge in graph.users[graph.index("x")]]
[-4.0, -4.0]

Inputs are arrays of float64, scalars among them. A gradient check moves every entry by ± h:

>>> import numpy as np
>>> from tutor.engine.gradient_check import numerical_gradient, relative_error
>>> X, t = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
>>> graph = Graph.from_statements(
...     read_statements("z = affine(X, W, b); L = softmax_cross_entropy(z, t)"),
...     {"X": X, "W": np.array([[0.1, -0.2], [0.3, 0.4]]), "b": np.zeros(2), "t": t},
... )
>>> loss = graph.forward()
>>> graph.backward()
>>> graph.gradient("W").shape
(2, 2)
>>> max(relative_error(graph.gradient(name), numerical_gradient(graph, name)) for name in "XWb") < 1e-8
True

The same nodes train a network. A step is one update; the same seed gives the same run, bit for bit:

>>> from tutor.engine.training import Training, TrainingConfig
>>> run = Training(TrainingConfig(dataset="xor", layers=(2, 4, 1), optimizer="adam", learning_rate=0.05))
>>> run.advance(2000)
2000
>>> run.accuracy()
1.0

A misconception is a rule that the engine executes on a graph in place of the true one:

>>> from tutor.engine.misconceptions import MISCONCEPTIONS, wrong_values
>>> graph = Graph.from_statements(read_statements("z = x * y"), {"x": 3.0, "y": 4.0})
>>> value = graph.forward()
>>> graph.backward(2.5)
>>> float(graph.gradient("x")), float(wrong_values(graph, MISCONCEPTIONS["mul_no_swap"], "x")[0])
(10.0, 7.5)
"""
