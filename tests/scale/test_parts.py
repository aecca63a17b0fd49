"""Parts: how items are put together, and that a part's name follows from its items alone."""

from itertools import chain

from digitnet.scale.parts import IMAGES_A_PART, Item, Part, PartSize, cut_parts


def pictures(*names: str) -> list[Item]:
    return [Item(name, name, "picture", "1") for name in names]


def many(n: int) -> list[Item]:
    return pictures(*(f"{place:06d}.png" for place in range(n)))


def test_every_item_is_in_one_part_and_in_its_place() -> None:
    items = many(3000)
    parts = list(cut_parts(items))
    assert list(chain.from_iterable(part.items for part in parts)) == items
    assert len({part.name for part in parts}) == len(parts)


def test_parts_have_some_fifteen_pictures() -> None:
    sizes = [part.pictures for part in cut_parts(many(8000))][:-1]
    assert min(sizes) >= 4
    assert max(sizes) <= 48
    assert 12 < sum(sizes) / len(sizes) < 20


def test_larger_parts_have_as_many_as_wanted() -> None:
    sizes = [part.pictures for part in cut_parts(many(40_000), PartSize(128, IMAGES_A_PART, 0))][:-1]
    assert min(sizes) >= 32
    assert max(sizes) <= 384
    assert 105 < sum(sizes) / len(sizes) < 151


def test_parts_without_a_size_are_those_of_older_folders() -> None:
    """The names are those that digitnet 0.1 gave, so that what it left is gone on with."""
    assert [part.name for part in cut_parts(many(60))] == [
        "5feb89ed5c70c0b441eed915",
        "9387f8d6a177291dbdd782bb",
        "05f987c42e6a8efc50f6a9ff",
        "6ac4ae79f2ef3cdaf195afbc",
        "ab94407f8f48c652ae568110",
    ]


def test_a_new_picture_in_the_middle_changes_one_part_or_two() -> None:
    before = {part.name for part in cut_parts(many(3000))}
    after = {part.name for part in cut_parts(sorted([*many(3000), *pictures("001500b.png")]))}
    assert 1 <= len(before - after) <= 2


def test_a_changed_picture_makes_another_part() -> None:
    (old,), (new,) = (list(cut_parts([Item("a.png", "a.png", "picture", version)])) for version in ("1", "2"))
    assert old.name != new.name


def test_images_make_a_part_for_each_item() -> None:
    images = [Item("x", "x", "images", "1", first, IMAGES_A_PART) for first in (0, IMAGES_A_PART)]
    parts = list(cut_parts([*pictures("a.png"), *images, *pictures("b.png")]))
    assert [part.pictures for part in parts] == [1, IMAGES_A_PART, IMAGES_A_PART, 1]


def test_images_of_one_file_make_larger_parts() -> None:
    images = [
        Item(path, path, "images", "1", first * IMAGES_A_PART, IMAGES_A_PART) for path in "xy" for first in range(6)
    ]
    parts = cut_parts(images, PartSize(16, 4 * IMAGES_A_PART, 0))
    assert [(part.items[0].path, len(part.items)) for part in parts] == [("x", 4), ("x", 2), ("y", 4), ("y", 2)]


def test_members_of_a_packed_archive_stay_together() -> None:
    packed = [Item(f"x/{n}", "x.tar.gz", "member", "1", n, 1, is_packed=True) for n in range(500)]
    other = [Item(f"y/{n}", "y.tar.gz", "member", "1", n, 1, is_packed=True) for n in range(3)]
    parts = list(cut_parts([*pictures("a.png"), *packed, *other, *pictures("b.png")]))
    assert [part.pictures for part in parts] == [1, 500, 3, 1]


def test_a_part_is_the_same_after_a_line_of_text() -> None:
    (part,) = cut_parts([Item("\udcff.png", "\udcff.png", "picture", "1"), Item("b", "b", "error", error="damaged")])
    assert Part.from_json(part.to_json()) == part
