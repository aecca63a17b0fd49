"""How good answers are: metrics, calibration, thresholds from held-out images, and the evaluation of a model."""
