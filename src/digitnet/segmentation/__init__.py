"""Ink -> lines of single digits: pieces, lines, cuts, and the row of digits that explains each line best."""

from digitnet.segmentation.page import DigitInk, Page, take_apart
from digitnet.segmentation.pieces import Piece, pieces_apart

__all__ = ["DigitInk", "Page", "Piece", "pieces_apart", "take_apart"]
