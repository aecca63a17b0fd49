"""The activations that hidden layers can have; a module of its own, since a help text needs no Keras."""

__all__ = ["ACTIVATIONS"]

ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "selu", "silu", "sigmoid", "softplus", "tanh", "linear")
