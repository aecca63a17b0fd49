"""The model file, `model.onnx`: what it promises, how it is written, and what is added to it. No Keras here."""
