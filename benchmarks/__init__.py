"""Measurements of digitnet beside its peers: speed, accuracy, pictures and serving."""
