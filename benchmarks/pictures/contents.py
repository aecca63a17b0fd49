"""What people write beside plain lines of digits: numbers in boxes, tables, sums, dates, amounts, and words around."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from benchmarks.rendering.layout import Shape

Signs: TypeAlias = tuple[str, ...]  # digits and marks, a letter each; words in one piece; " " for a gap

GAP = " "

_WORDS = (
    *("Total", "No", "Nr", "Age", "Room", "Page", "Name", "Score", "Points", "Date", "Code", "Class", "Sum", "Amount"),
    *("Betrag", "Summe", "Seite", "Haus", "Zimmer", "Alter", "Menge", "Preis", "Jahre", "pieces", "years", "kg", "cm"),
    *("of", "and", "to", "from", "about", "answer", "my", "this", "with", "left", "paid", "due", "euro", "km", "each"),
)
_HEADS = ("No", "a", "b", "c", "d", "Lab", "Sum", "Total", "Mark", "Day", "Name", "Test", "Year")
# Letters that a code may begin or end with; those that a person takes for a digit beside digits are left out.
_LETTERS = "ACDEFHKLMNPRTUVWXY"
_OPERATORS = ("+", "-", "x", "÷")


@dataclass(frozen=True)
class Content:
    """What stands on a page."""

    cells: tuple[tuple[Signs, ...], ...]  # of each row its cells; a line that stands in no grid is a row of one cell
    shape: Shape = "lines"

    @property
    def text(self) -> str:
        """Digits alone, a line for each row that has any."""
        rows = ("".join(sign for cell in row for sign in cell if sign.isdigit()) for row in self.cells)
        return "\n".join(filter(None, rows))

    @property
    def written(self) -> str:
        """With marks in their places, and a space between numbers that no mark separates; words are left out.

        A comb is one number, apart where a box between its digits is empty or holds a letter.
        """
        joined = "" if self.shape == "comb" else GAP
        rows = (joined.join(_written(cell) or GAP for cell in row) for row in self.cells)
        return "\n".join(filter(None, (" ".join(row.split()) for row in rows)))

    @property
    def values(self) -> tuple[tuple[str, ...], ...]:
        """What stands in each cell, likewise; "" in one that is empty or holds only words."""
        return tuple(tuple(_written(cell) for cell in row) for row in self.cells)


def is_word(sign: str) -> bool:
    """Whether a sign is a word or a letter; the sign of multiplication is none."""
    return sign != "x" and any(letter.isalpha() for letter in sign)


def _written(signs: Signs) -> str:
    """Numbers and marks of one cell or line."""
    pieces = "".join(GAP if is_word(sign) else sign for sign in signs).split()
    text = ""
    for piece in pieces:
        text += GAP + piece if text[-1:].isdigit() and piece[0].isdigit() else piece
    return text


def drawn_content(kind: str, rng: np.random.Generator) -> Content:
    """Something of a kind to write, which follows from the generator alone.

    Args:
        kind: One of CONTENTS.
        rng: Where everything random comes from.
    """
    return CONTENTS[kind](rng)


def _digits(rng: np.random.Generator, fewest: int, most: int) -> Signs:
    return tuple(map(str, rng.integers(10, size=rng.integers(fewest, most + 1)).tolist()))


def _number(value: int) -> Signs:
    return tuple(str(value))


def _lines(rng: np.random.Generator) -> Content:
    count = 1 if rng.uniform() < 0.6 else int(rng.integers(2, 5))
    return Content(tuple((_digits(rng, 2, 8),) for _ in range(count)))


def _comb(rng: np.random.Generator) -> Content:
    """A number with a digit in each box; boxes may be left before it, after it, and rarely in it."""
    digits = list(_digits(rng, 2, 10))
    boxes: list[Signs] = [(digit,) for digit in digits]
    spare = int(rng.integers(1, 6)) if rng.uniform() < 0.4 else 0
    empty: list[Signs] = [()] * spare
    boxes = [*empty, *boxes] if rng.uniform() < 0.5 else [*boxes, *empty]
    if rng.uniform() < 0.1:
        boxes.insert(int(rng.integers(1, len(boxes))), ())
    return Content((tuple(boxes),), "comb")


def _box(rng: np.random.Generator) -> Content:
    return Content(((_digits(rng, 1, 6),),), "box")


def _table(rng: np.random.Generator) -> Content:
    columns, rows = int(rng.integers(2, 10)), int(rng.integers(2, 15))
    longest = rng.integers(1, 4, size=columns)  # digits of the numbers in a column
    empty_share = rng.uniform(0, 0.4) if rng.uniform() < 0.5 else 0.0
    decimal_share = 0.5 if rng.uniform() < 0.25 else 0.0
    decimal_column = int(rng.integers(columns))
    body = [
        tuple(
            _table_cell(rng, int(longest[column]), empty_share, decimal_share * (column == decimal_column))
            for column in range(columns)
        )
        for _ in range(rows)
    ]
    if not any(cell for row in body for cell in row):
        body[0] = (_digits(rng, 1, 3), *body[0][1:])
    if rng.uniform() < 0.15:  # words at the head of the columns
        body[0] = tuple((str(rng.choice(_HEADS)),) for _ in range(columns))
        body[1] = (_digits(rng, 1, 3), *body[1][1:])
    return Content(tuple(body), "table")


def _table_cell(rng: np.random.Generator, longest: int, empty_share: float, decimal_share: float) -> Signs:
    is_empty, is_decimal = rng.uniform() < empty_share, rng.uniform() < decimal_share
    digits = _digits(rng, 1 if rng.uniform() < 0.2 else longest, longest)
    if is_empty:
        return ()
    return (*digits, str(rng.choice((".", ","))), *_digits(rng, 1, 1)) if is_decimal else digits


def _sudoku(rng: np.random.Generator) -> Content:
    """A grid that was solved by the usual pattern, shuffled, and is mostly empty again."""

    def order() -> list[int]:
        return [3 * int(band) + int(place) for band in rng.permutation(3) for place in rng.permutation(3)]

    rows, columns, names = order(), order(), rng.permutation(9) + 1
    is_given = rng.uniform(size=(9, 9)) < rng.uniform(0.25, 0.6)
    is_given[tuple(rng.integers(9, size=2))] = True
    solved = [[str(names[(3 * (row % 3) + row // 3 + column) % 9]) for column in columns] for row in rows]
    return Content(
        tuple(
            tuple((value,) if is_there else () for value, is_there in zip(line, shown, strict=True))
            for line, shown in zip(solved, is_given, strict=True)
        ),
        "sudoku",
    )


def _sum(rng: np.random.Generator) -> Content:
    """A calculation in a line, with or without its result; or numbers below one another, and their sum."""
    if rng.uniform() < 0.2:
        first, second = rng.integers(10, 1000, size=2).tolist()
        rows = (_number(first), ("+", GAP, *_number(second)), _number(first + second))
        return Content(tuple((row,) for row in rows), "column sum")
    operator = str(rng.choice(_OPERATORS))
    first, second = sorted(rng.integers(1, 100, size=2).tolist(), reverse=True)
    if operator == "÷":
        first *= second
    values = {"+": first + second, "-": first - second, "x": first * second, "÷": first // second}
    gap = (GAP,) if rng.uniform() < 0.7 else ()
    signs = (*_number(first), *gap, operator, *gap, *_number(second))
    if rng.uniform() < 0.25:  # a chain without a result
        for other in rng.integers(1, 100, size=rng.integers(1, 4)).tolist():
            signs = (*signs, *gap, str(rng.choice(_OPERATORS)), *gap, *_number(other))
    elif rng.uniform() < 0.8:
        signs = (*signs, *gap, "=", *gap, *_number(values[operator]))
    return Content(((signs,),))


def _date(rng: np.random.Generator) -> Content:
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1950, 2030))
    form, mark = str(rng.choice(("full", "full", "short", "plain"))), str(rng.choice(("/", ".", "-")))
    parts = {
        "full": f"{day:02d}{mark}{month:02d}{mark}{year}",
        "short": f"{day:02d}{mark}{month:02d}{mark}{year % 100:02d}",
        "plain": f"{day}{mark}{month}{mark}{year}",
    }
    return Content(((tuple(parts[form]),),))


def _amount(rng: np.random.Generator) -> Content:
    whole, cents = round(10 ** rng.uniform(0, 5)), int(rng.integers(100))
    form = str(rng.choice(("€ after", "€ before", "$ before", "%")))
    is_continental, has_cents = rng.uniform() < 0.7 and form != "$ before", rng.uniform() < 0.7
    text = f"{whole:,}" + (f".{cents:02d}" if has_cents else "")
    if rng.uniform() < 0.3:
        text = text.replace(",", "")
    if is_continental:
        text = text.translate(str.maketrans(".,", ",."))
    if form == "%":
        text = str(whole % 101) + (f"{',' if is_continental else '.'}{cents % 10}" if has_cents else "")
    gap = (GAP,) if rng.uniform() < 0.5 else ()
    signs = tuple(text)
    after = {"€ after": ("€",), "%": ("%",)}.get(form)
    before = {"€ before": ("€",), "$ before": ("$",)}.get(form)
    return Content((((*signs, *gap, *after) if after else (*(before or ()), *signs),),))


def _words(rng: np.random.Generator) -> Content:
    """A number beside a word, between words, or in a code of letters and digits; sometimes a line of words above."""
    form = str(rng.choice(("before", "after", "around", "code", "code", "comb")))
    if form == "comb":
        boxes: list[Signs] = [(digit,) for digit in _digits(rng, 3, 8)]
        boxes.insert(int(rng.integers(len(boxes))), (str(rng.choice(list(_LETTERS))),))
        return Content((tuple(boxes),), "comb")
    number, (first, last) = _digits(rng, 1, 6), rng.choice(_WORDS, size=2).tolist()
    if form == "code":
        letters = ["".join(rng.choice(list(_LETTERS), size=rng.integers(1, 4)).tolist()) for _ in range(2)]
        signs: Signs = (letters[0], *number)
        signs = (*signs, letters[1]) if rng.uniform() < 0.4 else signs
    else:
        colon = ":" if rng.uniform() < 0.3 else ""
        signs = (first + colon, GAP, *number) if form in {"before", "around"} else number
        signs = (*signs, GAP, last) if form in {"after", "around"} else signs
    lines = [signs]
    if rng.uniform() < 0.3:
        above = rng.choice(_WORDS, size=rng.integers(1, 4)).tolist()
        lines.insert(0, tuple(sign for word in above for sign in (word, GAP))[:-1])
    if rng.uniform() < 0.25:
        lines.append((str(rng.choice(_WORDS)), GAP, *_digits(rng, 1, 5)))
    return Content(tuple((line,) for line in lines))


def _small(rng: np.random.Generator) -> Content:
    return _table(rng) if rng.uniform() < 0.5 else _lines(rng)


CONTENTS: dict[str, Callable[[np.random.Generator], Content]] = {
    "comb": _comb,
    "box": _box,
    "table": _table,
    "sudoku": _sudoku,
    "sum": _sum,
    "date": _date,
    "amount": _amount,
    "words": _words,
    "small": _small,
    "lines": _lines,
}
