import logging
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from digitnet.datasets.picture_folder import OnBadPicture, load_picture_folder
from digitnet.errors import DatasetFormatError, DatasetNotFoundError


def picture(folder: Path, name: str, shade: int) -> None:
    """A picture whose pixels all have one value, so that it can be told apart."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("L", (28, 28), shade).save(folder / name)


def shades(images: object) -> list[int]:
    assert isinstance(images, np.ndarray)
    assert (images == images[:, :1, :1]).all()
    return [int(shade) for shade in images[:, 0, 0]]


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    folder = tmp_path / "pets"
    for index, name in enumerate(["cat", "ant", "bee"]):
        picture(folder / name, "b.png", 10 * index + 1)
        picture(folder / name, "a.png", 10 * index)
    return folder


def test_classes_and_pictures_are_sorted_by_name(pets: Path) -> None:
    dataset, test = load_picture_folder(pets)
    assert test is None
    assert dataset.class_names == ("ant", "bee", "cat")
    assert dataset.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert shades(dataset.images) == [10, 11, 20, 21, 0, 1]
    assert (dataset.name, dataset.skipped) == ("pets", ())


def test_pixels_are_not_inverted(pets: Path) -> None:
    picture(pets / "ant", "a.png", 255)
    assert load_picture_folder(pets)[0].images[0].min() == 255


@pytest.mark.parametrize(
    ("folders", "labels", "num_classes"),
    [
        (["10", "9", "1"], {"1": 1, "9": 9, "10": 10}, 11),
        (["7", "1"], {"1": 1, "7": 7}, 8),
        (["02", "1"], {"1": 1, "02": 2}, 3),
        (["255", "0"], {"0": 0, "255": 255}, 256),
        (["2000", "300", "1999"], {"300": 0, "1999": 1, "2000": 2}, 3),
        (["10", "9", "x"], {"10": 0, "9": 1, "x": 2}, 3),
        (["-1", "1"], {"-1": 0, "1": 1}, 2),
    ],
)
def test_folders_named_by_numbers(tmp_path: Path, folders: list[str], labels: dict[str, int], num_classes: int) -> None:
    shade_of = {name: shade for shade, name in enumerate(folders)}
    for name, shade in shade_of.items():
        picture(tmp_path / name, "a.png", shade)
    dataset, _ = load_picture_folder(tmp_path)
    found = dict(zip(shades(dataset.images), dataset.labels.tolist(), strict=True))
    assert found == {shade_of[name]: label for name, label in labels.items()}
    assert dataset.num_classes == num_classes
    assert {name.lstrip("0") or "0": label for name, label in labels.items()} == {
        dataset.class_names[label]: label for label in labels.values()
    }


def test_the_same_number_twice_is_refused(tmp_path: Path) -> None:
    for name in ("7", "07", "1"):
        picture(tmp_path / name, "a.png", 0)
    with pytest.raises(DatasetFormatError, match="holds folders of the same number, such as 7 and 07"):
        load_picture_folder(tmp_path)


def test_two_levels_give_a_training_and_a_test_set(tmp_path: Path) -> None:
    picture(tmp_path / "train" / "cat", "a.png", 1)
    picture(tmp_path / "train" / "ant", "a.png", 2)
    picture(tmp_path / "test" / "cat", "a.png", 3)
    train, test = load_picture_folder(tmp_path)
    assert test is not None
    assert (shades(train.images), train.labels.tolist()) == ([2, 1], [0, 1])
    assert (shades(test.images), test.labels.tolist()) == ([3], [1])
    assert train.class_names == test.class_names == ("ant", "cat")
    assert (train.name, test.name) == (f"{tmp_path.name}/train", f"{tmp_path.name}/test")


def test_the_test_folder_is_optional(tmp_path: Path) -> None:
    picture(tmp_path / "train" / "0", "a.png", 1)
    picture(tmp_path / "train" / "1", "a.png", 2)
    train, test = load_picture_folder(tmp_path)
    assert test is None
    assert len(train) == 2


def test_classes_may_be_called_train_and_plane(tmp_path: Path) -> None:
    picture(tmp_path / "train", "a.png", 1)
    picture(tmp_path / "plane", "a.png", 2)
    assert load_picture_folder(tmp_path)[0].class_names == ("plane", "train")


class TestTwoLevelsRefuse:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in ("train/0", "train/1", "test/0"):
            picture(tmp_path / name, "a.png", 1)
        return tmp_path

    def test_a_third_part(self, folder: Path) -> None:
        picture(folder / "validation" / "0", "a.png", 1)
        with pytest.raises(DatasetFormatError, match="holds the folder validation beside train"):
            load_picture_folder(folder)

    @pytest.mark.parametrize("name", ["2", "00"])
    def test_a_class_that_is_not_in_train(self, folder: Path, name: str) -> None:
        picture(folder / "test" / name, "a.png", 1)
        with pytest.raises(DatasetFormatError, match=f"test/{name} is a class that the folder train lacks: .* 0, 1"):
            load_picture_folder(folder)

    def test_an_empty_test_part(self, folder: Path) -> None:
        (folder / "test" / "0" / "a.png").unlink()
        (folder / "test" / "0").rmdir()
        with pytest.raises(DatasetFormatError, match="test holds no class folder: expected some of 0, 1"):
            load_picture_folder(folder)


class TestFilesThatAreNoPictures:
    def test_what_systems_leave_behind_is_passed_over(self, pets: Path) -> None:
        for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
            (pets / "cat" / name).write_bytes(b"noise")
        for name in (".git", "__MACOSX"):
            (pets / name).mkdir()
        (pets / "README.md").write_text("about")
        dataset, _ = load_picture_folder(pets)
        assert len(dataset) == 6
        assert dataset.skipped == ()

    @pytest.mark.parametrize(
        ("content", "expected"),
        [(b"noise", "cannot be read: expected a picture"), (None, "has 30 x 28 pixels")],
    )
    def test_one_is_named(self, pets: Path, content: bytes | None, expected: str) -> None:
        bad = pets / "bee" / "aa.png"
        if content is None:
            Image.new("L", (30, 28)).save(bad)
        else:
            bad.write_bytes(content)
        with pytest.raises(DatasetFormatError) as caught:
            load_picture_folder(pets)
        assert str(caught.value).startswith(f"{bad} {expected}")
        assert str(caught.value).endswith("Or leave such files out: on_bad_picture='skip'.")

    def test_several_can_be_skipped(self, pets: Path, caplog: pytest.LogCaptureFixture) -> None:
        for index in range(7):
            (pets / "bee" / f"bad{index}.png").write_bytes(b"noise")
        (pets / "ant" / "notes.txt").write_text("about ants")
        with caplog.at_level(logging.WARNING, logger="digitnet"):
            dataset, _ = load_picture_folder(pets, "skip")
        assert shades(dataset.images) == [10, 11, 20, 21, 0, 1]
        assert dataset.labels.tolist() == [0, 0, 1, 1, 2, 2]
        assert dataset.skipped == ("ant/notes.txt", *(f"bee/bad{index}.png" for index in range(7)))
        assert caplog.messages == [
            f"{pets}: left out 8 of 14 files that are not usable pictures: ant/notes.txt, bee/bad0.png, "
            f"bee/bad1.png, bee/bad2.png, bee/bad3.png, ..."
        ]

    def test_names_in_the_warning_have_their_control_characters_written_out(
        self, pets: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (pets / "bee" / "\x1b[2Jbad.png").write_bytes(b"noise")
        with caplog.at_level(logging.WARNING, logger="digitnet"):
            dataset, _ = load_picture_folder(pets, "skip")
        assert dataset.skipped == ("bee/\x1b[2Jbad.png",)
        (message,) = caplog.messages
        assert message.endswith(r"bee/\x1b[2Jbad.png")

    def test_each_part_names_its_own(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        for name in ("train/0", "train/1", "test/0"):
            picture(tmp_path / name, "a.png", 1)
            (tmp_path / name / "bad.png").write_bytes(b"noise")
        with caplog.at_level(logging.WARNING, logger="digitnet"):
            train, test = load_picture_folder(tmp_path, "skip")
        assert test is not None
        assert train.skipped == ("train/0/bad.png", "train/1/bad.png")
        assert test.skipped == ("test/0/bad.png",)
        assert len(caplog.messages) == 2

    def test_nothing_is_said_when_nothing_is_skipped(self, pets: Path, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING, logger="digitnet"):
            load_picture_folder(pets, "skip")
        assert caplog.messages == []

    def test_a_broken_link_is_one(self, pets: Path) -> None:
        (pets / "cat" / "link.png").symlink_to(pets / "nowhere.png")
        with pytest.raises(DatasetFormatError, match=r"link\.png cannot be read"):
            load_picture_folder(pets)


def test_an_empty_class_is_refused(pets: Path) -> None:
    (pets / "dog").mkdir()
    (pets / "dog" / ".DS_Store").touch()
    with pytest.raises(DatasetFormatError, match=r"dog holds no usable picture: .* found 0 other files"):
        load_picture_folder(pets)


def test_a_class_that_loses_every_picture_is_refused(pets: Path) -> None:
    for name in ("a.png", "b.png"):
        (pets / "bee" / name).write_bytes(b"noise")
    with pytest.raises(DatasetFormatError, match=r"bee holds no usable picture: .* found 2 other files"):
        load_picture_folder(pets, "skip")


def test_a_folder_inside_a_class_is_refused(pets: Path) -> None:
    picture(pets / "cat" / "kitten", "a.png", 0)
    for on_bad_picture in get_args(OnBadPicture):
        with pytest.raises(DatasetFormatError, match="kitten is a folder inside the class cat"):
            load_picture_folder(pets, on_bad_picture)


def test_a_single_class_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "0", "a.png", 0)
    with pytest.raises(DatasetFormatError, match="at least two classes, found 1 images of 1"):
        load_picture_folder(tmp_path)


def test_too_many_classes_are_refused(tmp_path: Path) -> None:
    for index in range(257):
        (tmp_path / f"class{index}").mkdir()
    with pytest.raises(DatasetFormatError, match="holds 257 folders: expected one for each class, 2 to 256"):
        load_picture_folder(tmp_path)


def test_loose_pictures_are_no_classes(tmp_path: Path) -> None:
    picture(tmp_path, "a.png", 0)
    with pytest.raises(DatasetNotFoundError, match="holds 0 folders: expected one for each class"):
        load_picture_folder(tmp_path)
