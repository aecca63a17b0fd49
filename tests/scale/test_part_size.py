"""How much a part holds: it grows with the work, and so do the numbers of parts and files, but slowly."""

import pytest

from digitnet.scale.part_size import Amount, size_for
from digitnet.scale.parts import SMALLEST, Item, cut_parts


def test_some_hundred_pictures_make_the_smallest_parts() -> None:
    assert size_for(Amount(100), "read").pictures == SMALLEST.pictures
    assert size_for(Amount(1), "table").pictures == SMALLEST.pictures
    assert size_for(Amount(images=200_000), "predict").images == SMALLEST.images


@pytest.mark.parametrize(
    ("pictures", "expected"),
    # read: n * 0.5 s of work, a tenth of whose root, at most 600 s, is a part: / 0.5 s, as the nearest power of two
    [(10**5, 32), (10**6, 128), (10**7, 512), (10**9, 1024)],
)
def test_parts_grow_with_the_work(pictures: int, expected: int) -> None:
    assert size_for(Amount(pictures), "read").pictures == expected


def test_what_is_quick_to_read_makes_larger_parts() -> None:
    assert size_for(Amount(10**6), "predict").pictures == 512  # 30,000 s: parts of 17.3 s
    assert size_for(Amount(10**6), "table").pictures == 64  # 2,000,000 s: parts of 141 s


def test_no_part_has_too_many_rows() -> None:
    assert size_for(Amount(images=10**9), "predict").images == 32_768
    assert size_for(Amount(10**12), "predict").pictures <= 32_768


def test_a_large_document_counts_as_several_pictures() -> None:
    small, large = (Item("a.pdf", "a.pdf", "picture", f"{size}-1") for size in (5000, 20 << 20))
    assert Amount(3, 4).with_item(small) == Amount(4, 4)
    assert Amount(3, 4).with_item(large) == Amount(13, 4)
    assert Amount(3, 4).with_item(Item("x", "x", "images", "1", 0, 4096)) == Amount(3, 4100)
    assert Amount().with_item(Item("s3://a", "s3://a", "picture", "None-etag")) == Amount(1)


def test_large_documents_end_a_part() -> None:
    items = [Item(f"{n}.pdf", f"{n}.pdf", "picture", f"{20 << 20}-1") for n in range(20)]
    sizes = [len(part.items) for part in cut_parts(items, size_for(Amount(10), "read"))]
    assert sizes == [2] * 10  # 32 MiB
