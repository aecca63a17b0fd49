"""Write the weights of a trained network where every peer can read them. Arguments: the run folder, the `.npz`."""

import sys
from pathlib import Path

import numpy as np

from digitnet.network.backend import keras

model = keras.saving.load_model(Path(sys.argv[1]) / "model.keras", compile=False)
np.savez(sys.argv[2], *[np.asarray(weight) for weight in model.get_weights()])
