"""What the user knows about a number, as deterministic automata over the symbols that can be read.

automaton   symbols, the interface of a constraint, and several constraints at once
expression  a regular expression, from its text to the symbols that may follow one another
pattern     a number that matches a regular expression
choices     a number from a list
checksum    a number whose check digit is right
builder     a constraint from what a user wrote
"""

from digitnet.constraints.automaton import DIGITS, MARKS, SYMBOLS, AnyConstraint, Constraint, accepts
from digitnet.constraints.builder import constraint
from digitnet.constraints.checksum import CHECKSUMS

__all__ = ["CHECKSUMS", "DIGITS", "MARKS", "SYMBOLS", "AnyConstraint", "Constraint", "accepts", "constraint"]
