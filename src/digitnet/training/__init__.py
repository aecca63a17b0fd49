"""Train: recipes, one epoch as one compiled program, the loop around it, checkpoints, and the exported model."""
