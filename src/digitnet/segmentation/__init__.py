"""Ink -> lines of single digits: pieces, lines, cuts, and the row of digits that explains each line best."""

from digitnet.segmentation.page import DigitInk, Page, take_apart

__all__ = ["DigitInk", "Page", "take_apart"]
