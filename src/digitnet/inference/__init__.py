"""Answers: arrays to outputs, outputs to digits, pictures to readings, and the `Classifier` that joins them."""
