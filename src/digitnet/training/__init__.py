"""Train: one epoch is one compiled program; callbacks, checkpoints and resuming around it."""

from digitnet.training.loop import train

__all__ = ["train"]
