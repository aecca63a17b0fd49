"""The network: Keras on JAX, the multilayer perceptron, and the weights that it starts from."""
