import gzip
from pathlib import Path

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.datasets.csv_file import load_csv
from digitnet.errors import DatasetFormatError, DatasetNotFoundError

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
LABELS = [4, 0, 9]
HEADER = "label," + ",".join(f"pixel{index}" for index in range(784))
ROWS = [
    f"{label}," + ",".join(str(pixel) for pixel in image.ravel().tolist())
    for label, image in zip(LABELS, PIXELS, strict=True)
]


def write(folder: Path, text: str, name: str = "train.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def with_field(row: str, column: int, field: str) -> str:
    """The row with another field in a column, counted from 1."""
    fields = row.split(",")
    fields[column - 1] = field
    return ",".join(fields)


def refusal(path: Path) -> str:
    with pytest.raises(DatasetFormatError) as caught:
        load_csv(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


OTHER_HEADER = "label," + ",".join(f"{row}x{column}" for row in range(1, 29) for column in range(1, 29))


@pytest.mark.parametrize(
    "text",
    [
        "\n".join([HEADER, *ROWS]) + "\n",
        "\n".join(ROWS) + "\n",
        "\n".join(ROWS),
        "\r\n".join([HEADER, *ROWS, ""]),
        "\n".join([OTHER_HEADER, *ROWS]),
        "\ufeff" + "\n".join([HEADER, *ROWS]),
        "\ufeff" + "\n".join(ROWS),
        "\n".join([HEADER, *ROWS]).replace(",", ", "),
        "\n".join('"' + row.replace(",", '","') + '"' for row in [HEADER, *ROWS]),
        "\n".join([HEADER, ROWS[0], "", *ROWS[1:], "  ", ""]),
        "\n".join(f"{int(row.split(',')[0]):03}" + row[1:] for row in ROWS),
    ],
    ids=[
        "header", "no header", "no end of line", "Windows", "1x1 header", "byte order mark",
        "byte order mark without header", "blanks", "quotes", "blank lines", "leading zeros",
    ],
)  # fmt: skip
def test_reads_every_dialect(tmp_path: Path, text: str) -> None:
    dataset, test = load_csv(write(tmp_path, text))
    assert test is None
    assert dataset.labels.tolist() == LABELS
    np.testing.assert_array_equal(dataset.images, PIXELS)
    assert dataset.name == "train"


def test_reads_gzipped_files_whatever_their_name(tmp_path: Path) -> None:
    for name in ("digits.csv.gz", "digits.csv"):
        (tmp_path / name).write_bytes(gzip.compress("\n".join(ROWS).encode()))
        dataset, _ = load_csv(tmp_path / name)
        np.testing.assert_array_equal(dataset.images, PIXELS)
        assert dataset.name == "digits"


def test_agrees_with_numpys_own_reader(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join([HEADER, *ROWS]))
    table: AnyArray = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.int64)
    dataset, _ = load_csv(path)
    np.testing.assert_array_equal(dataset.labels, table[:, 0])
    np.testing.assert_array_equal(dataset.images.reshape(3, 784), table[:, 1:])


def test_emnist_is_turned_upright(tmp_path: Path) -> None:
    rows = [with_field(ROWS[0], 1, "1"), with_field(ROWS[1], 1, "26")]
    dataset, _ = load_csv(write(tmp_path, "\n".join(rows), "emnist-letters-train.csv"))
    np.testing.assert_array_equal(dataset.images, PIXELS[:2].transpose(0, 2, 1))
    assert [dataset.class_names[label] for label in dataset.labels] == ["A", "Z"]


@pytest.mark.parametrize("field", ["256", "-1", "1.0", "1e2", "", "x", "1_0", "+5", "\u0663", "0x10", "9" * 5000])
@pytest.mark.parametrize(("line", "column"), [(3, 1), (4, 2), (2, 785)])
def test_a_bad_field_is_named_by_line_and_column(tmp_path: Path, line: int, column: int, field: str) -> None:
    lines = [HEADER, *ROWS]
    lines[line - 1] = with_field(lines[line - 1], column, field)
    text = refusal(write(tmp_path, "\n".join(lines)))
    assert f"train.csv, line {line}, column {column}: expected a whole number from 0 to 255, found " in text
    assert len(text) < 300 + len(str(tmp_path))


@pytest.mark.parametrize("first", ["4.0", "-4", "300"])
def test_a_bad_first_line_is_not_taken_for_a_header(tmp_path: Path, first: str) -> None:
    text = refusal(write(tmp_path, "\n".join([with_field(ROWS[0], 1, first), *ROWS[1:]])))
    assert f"line 1, column 1: expected a whole number from 0 to 255, found '{first}'" in text


def test_a_bad_pixel_in_the_first_line_is_not_taken_for_a_header(tmp_path: Path) -> None:
    assert "line 1, column 7: " in refusal(write(tmp_path, with_field(ROWS[0], 7, "nan") + "\n" + ROWS[1]))


@pytest.mark.parametrize("line", [2, 3, 4])
def test_a_line_of_another_length_is_named(tmp_path: Path, line: int) -> None:
    lines = [HEADER, *ROWS]
    lines[line - 1] += ",0"
    text = refusal(write(tmp_path, "\n".join(lines)))
    assert f"train.csv, line {line}: expected a label and 784 pixels, found 786 values" in text


def test_a_line_cut_short_is_named(tmp_path: Path) -> None:
    text = refusal(write(tmp_path, "\n".join([HEADER, *ROWS])[:-1500]))
    assert "line 4: expected a label and 784 pixels, found " in text
    assert "Is the line cut" in text


def test_a_missing_label_is_guessed(tmp_path: Path) -> None:
    text = refusal(write(tmp_path, "\n".join(line.split(",", 1)[1] for line in [HEADER, *ROWS])))
    assert text.endswith("line 2: expected a label and 784 pixels, found 784 values. Is the label missing?")


@pytest.mark.parametrize("name", ["label", "class", '"Class"'])
def test_a_label_in_another_column_is_not_taken_for_a_pixel(tmp_path: Path, name: str) -> None:
    header = HEADER.split(",", 1)[1] + "," + name
    text = refusal(write(tmp_path, "\n".join([header, *ROWS])))
    assert "line 1: expected the label in the first column, found it in another" in text


def test_other_separators_are_refused(tmp_path: Path) -> None:
    text = refusal(write(tmp_path, "\n".join([HEADER, *ROWS]).replace(",", ";")))
    assert "line 2: expected a label and 784 pixels, found 1 values. Is the line cut, or not separated" in text


@pytest.mark.parametrize("text", [HEADER, "\n\n", HEADER + "\n"])
def test_a_file_without_images_is_refused(tmp_path: Path, text: str) -> None:
    assert "holds no image: expected lines of a label and 784 pixels" in refusal(write(tmp_path, text))


def test_damaged_and_missing_files_are_refused(tmp_path: Path) -> None:
    packed = gzip.compress("\n".join(ROWS).encode())
    (tmp_path / "train.csv.gz").write_bytes(packed[:-20])
    assert "is cut short" in refusal(tmp_path / "train.csv.gz")
    assert "is empty" in refusal(write(tmp_path, ""))
    with pytest.raises(DatasetNotFoundError, match=r"none\.csv does not exist"):
        load_csv(tmp_path / "none.csv")


def test_a_single_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetFormatError, match="train: expected images of at least two classes"):
        load_csv(write(tmp_path, "\n".join([ROWS[0], ROWS[0]])))
