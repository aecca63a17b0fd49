"""The glass box: what each layer does with an image, read off the weights of a model file."""
