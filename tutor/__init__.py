"""Learn backpropagation by typing the gradients."""

__version__ = "0.1.0"
