"""Keras's MNIST MLP example as a whole process: load, train for twenty epochs, evaluate. Arguments: data, epochs.

Its recipe: 784-512-512-10, ReLU, dropout 0.2, RMSprop, batch 128. The example looks at the test images after every
epoch; that is left out here, since it would only add to its time. Prints the accuracy as JSON on its last line.
"""

import json
import sys

import keras
import numpy as np

with np.load(sys.argv[1]) as archive:
    x_train, y_train, x_test, y_test = (archive[name] for name in ("x_train", "y_train", "x_test", "y_test"))
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
y_train = keras.utils.to_categorical(y_train, 10)
y_test = keras.utils.to_categorical(y_test, 10)

model = keras.Sequential(
    [
        keras.Input((784,)),
        keras.layers.Dense(512, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(), metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=128, epochs=int(sys.argv[2]), verbose=0)
accuracy = float(model.evaluate(x_test, y_test, verbose=0)[1])
sys.stdout.write("\n" + json.dumps({"accuracy": accuracy}) + "\n")
