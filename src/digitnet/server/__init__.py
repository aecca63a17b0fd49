"""HTTP: the Open Inference Protocol, TensorFlow Serving's, pictures; limits, measurements, log."""
