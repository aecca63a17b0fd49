"""Segmentation: ink becomes lines of single digits.

components          connected components of ink, at a working size
lines               the page's slope, and which components form a line
cells               regions that rules enclose
table_grid          their rows and columns, combs, and the place of any point among them
cuts                paths along which touching digits may be cut
group_costs         costs of candidates by recognition
symbol_lattice      a lattice of groups read as symbols, and the costs of its paths
constrained_search  its product with what the user knows about a number
constrained_path    the cheapest texts that fit, and their probabilities
lattice             candidates of a line, their costs by shape and place, and the cheapest path
page                a page from ink to digits
"""

from digitnet.segmentation.components import Component, separate_marks
from digitnet.segmentation.page import DigitInk, Page, segment_page

__all__ = ["Component", "DigitInk", "Page", "segment_page", "separate_marks"]
