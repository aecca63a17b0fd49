"""Data sets: the bundled MNIST, every other source of labelled images, and splits of them.

Importing this costs NumPy and the standard library; Pillow is loaded when a folder of pictures is read.
"""

from digitnet.datasets.bundled import load_mnist
from digitnet.datasets.dataset import Dataset
from digitnet.datasets.image_stream import stream_images
from digitnet.datasets.pairing import DatasetPair
from digitnet.datasets.picture_folder import OnBadPicture
from digitnet.datasets.sources import load_source
from digitnet.datasets.splits import train_validation_split

__all__ = [
    "Dataset",
    "DatasetPair",
    "OnBadPicture",
    "load_mnist",
    "load_source",
    "stream_images",
    "train_validation_split",
]
