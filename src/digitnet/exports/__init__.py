"""The formats that a model file is exported to; each export is compared with the model file before it is there."""
