"""The glass box: what each layer does with an image, read off the weights of a model file.

    network = read_network(path)
    found = explain(network, image, switched_off=[(0, 17)])      why it answers as it does
    sentences(network, found)                                    the same in words
    find_counterfactual(network, classifier.predict_proba, image)   what would change the answer
    Neighbours(network, images).nearest(image[None], 8)          the most similar training images
    exciting_images(network, images).of(layer, unit)             the images that activate a neuron most

activations     activation functions and their derivatives
network         a network as its matrices: forward, and backward to the pixels
model_weights   model file -> its matrices
attribution     which pixels speak for and against each class
neurons         single neurons: what each adds, what it looks for, what excites it
neighbours      the training digits that look most alike to the last hidden layer
blends          blends of digits of two classes, on which one sees where a network draws the line
digit_map       test digits on a plane, those side by side that the last hidden layer finds alike
explanation     one answer, taken apart
counterfactual  the smallest change of ink that was found to change an answer
sentences       the same in plain words
training_step   one step of training, with every number on its way
"""

from digitnet.inspection.attribution import Attribution, attribute
from digitnet.inspection.counterfactual import Counterfactual, find_counterfactual
from digitnet.inspection.explanation import Explanation, explain
from digitnet.inspection.model_weights import read_network
from digitnet.inspection.neighbours import Neighbours
from digitnet.inspection.network import Layer, Network
from digitnet.inspection.neurons import ExcitingImages, Neuron, exciting_images, field_of
from digitnet.inspection.sentences import (
    sentences,
    words_for_counterfactual,
    words_for_neighbours,
    words_for_neuron,
    words_for_second_network,
)
from digitnet.inspection.training_step import TrainingStep, training_step, with_temperature_inside

__all__ = [
    "Attribution",
    "Counterfactual",
    "ExcitingImages",
    "Explanation",
    "Layer",
    "Neighbours",
    "Network",
    "Neuron",
    "TrainingStep",
    "attribute",
    "exciting_images",
    "explain",
    "field_of",
    "find_counterfactual",
    "read_network",
    "sentences",
    "training_step",
    "with_temperature_inside",
    "words_for_counterfactual",
    "words_for_neighbours",
    "words_for_neuron",
    "words_for_second_network",
]
