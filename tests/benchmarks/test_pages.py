"""The writer of pages, and that the published pages are what it writes today."""

import re
from typing import Any

import pytest

from digitnet.model_file.contract import bundled_model_path
from made_up_benchmarks import REPOSITORY, load, needs_checkout

pytestmark = needs_checkout

PAGES = ("performance", "serving", "accuracy", "pictures")
DOCS = REPOSITORY / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    results = load("results")
    text = load("pages").page_text(name, results.load_runs(results.MEASURED / f"{name}.json"))
    path = DOCS / f"{name}.md"
    assert path.read_text(encoding="utf-8") == text, f"measured/{name}.json or its template is newer than the page"
    for shown in re.findall(r"!\[[^]]+\]\((figures/[^)]+)\)", text):
        assert (DOCS / shown).read_bytes()[:4] == b"\x89PNG"
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    titles = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= titles
    assert text.index("## Our own targets") > text.index("|")  # first what a reader wants to know


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_no_place_on_a_machine(name: str) -> None:
    measured = (REPOSITORY / "benchmarks" / "measured" / f"{name}.json").read_text(encoding="utf-8")
    for text in (measured, (DOCS / f"{name}.md").read_text(encoding="utf-8")):
        assert not re.search(r"(?<![\w.)])/(work|tmp|home|root|Users|mnt)\b", text)


def test_the_bundled_model_is_the_one_that_was_measured() -> None:
    results, digest = load("results"), load("accuracy.measure").model_digest(bundled_model_path())
    runs = results.load_runs(results.MEASURED / "accuracy.json")
    assert [run.settings["model_sha256"] for run in runs if run.experiment == "bundled"] == [digest]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_nothing_has_no_row_and_no_verdict(name: str) -> None:
    text = load("pages").page_text(name, [])
    assert "| met |" not in text
    assert "**missed**" not in text
    assert text.count("| not measured |") >= 8


def test_every_command_is_described() -> None:
    readme = (REPOSITORY / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for module in ("__main__", "serving.__main__"):
        suite = load(module).SUITE
        for comparison in suite.comparisons:
            assert f"`.venv/bin/{suite.program} {comparison}`" in readme


def row(value: float, unit: str, **others: Any) -> Any:
    return load("results").Row("someone", "something", value, unit, **others)


@pytest.mark.parametrize(
    ("value", "unit", "how", "text"),
    [
        (410.743, "s", None, "6.85 min"),
        (123.4, "s", None, "123 s"),
        (0.9999, "s", None, "1.00 s"),
        (0.0431, "s", None, "43.1 ms"),
        (52e-6, "s", None, "52.0 µs"),
        (-0.25, "s", None, "-250 ms"),
        (0.284, "ms", None, "0.28 ms"),
        (12.94, "ms", None, "12.9 ms"),
        (2824.7, "times", None, "2,825"),
        (8.127, "times", "1/", "1/8.13"),
        (0.98404, "share", None, "98.40 %"),
        (0.00388, "share", "%3", "0.388 %"),
        (14023.6, "requests", None, "14,024"),
        (0.0113, "nats", ".3f", "0.011"),
    ],
)
def test_a_value_is_written_as_a_person_reads_it(value: float, unit: str, how: str | None, text: str) -> None:
    assert load("pages").text_of(row(value, unit), how) == text


def test_what_stands_behind_a_value_is_written_too() -> None:
    text_of = load("pages").text_of
    times = row(2.0, "times", n=5, range=(1.0, 12.34), interval=(1.5, 2.5))
    assert [text_of(times, how) for how in ("n", "range", "interval")] == ["5", "1.00 to 12.3", "1.50 to 2.50"]
    assert [text_of(row(1, "s"), how) for how in ("n", "range")] == ["-", "-"]
    # Wilson's interval of 421 in 7,000 by hand, z = 1.96: 0.06038 +- 0.00557
    assert text_of(row(421, "errors", n=7_000), "rate") == "6.01 % [5.48, 6.60]"
    assert text_of(None) == "-"


TEMPLATE = """# Page

Below {race/digitnet/seconds} in {race.rounds} rounds; {race/nobody/seconds}.

~ peer = The peer

| who | time | times |
| --- | --- | --- |
@ race | {subject} | {seconds!.1f} | {times} |

@skipped race

| what | target | measured | |
| --- | --- | --- | --- |
= fast | 3 times | {race/peer/times} | race/peer/times >= 3
= faster | 4 times | {race/peer/times} | race/peer/times >= 3 and race/peer/times >= 4
= other | 1 | {race/nobody/seconds} | race/nobody/seconds <= 1

@circumstances
"""


def test_a_template_is_filled(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pages, results = load("pages"), load("results")
    (tmp_path / "race.md").write_text(TEMPLATE)
    monkeypatch.setattr(pages, "_TEMPLATES", tmp_path)
    rows = [
        results.Row("digitnet", "seconds", 1.0, "s"),
        results.Row("peer", "seconds", 3.0, "s"),
        results.Row("peer", "times", 3.0, "times"),
        results.Row("unrelated", "memory", 3.0, "MB"),
    ]
    machine = {"processor": "A|B", "cores": 2, "load": 0.5}
    skipped = {"late": "ImportError: /home/someone/lib/libthing.so: cannot open"}
    run = results.Run("race", "", "run it", "2026-01-02T03:04:05", machine, skipped=skipped, rows=rows)
    run.settings, run.versions = {"rounds": 3}, {"numpy": "2.0, 2.1"}
    lines = pages.page_text("race", [run]).splitlines()
    assert lines[2] == "Below 1.00 s in 3 rounds; -."
    assert lines[4:8] == [
        "| who | time | times |",
        "| --- | --- | --- |",
        "| **digitnet** | 1.0 | - |",
        "| The peer | 3.0 | 3.00 |",
    ]
    assert "- late: `ImportError: libthing.so: cannot open`" in lines
    for verdict in (
        "fast | 3 times | 3.00 | met",
        "faster | 4 times | 3.00 | **missed**",
        "other | 1 | - | not measured",
    ):
        assert f"| {verdict} |" in lines
    for line in ("| processor | A B |", "| race | 2026-01-02 03:04:05 | 3 | 0.5 | `run it` |", "| numpy | 2.0; 2.1 |"):
        assert line in lines
    run.settings["quick"] = True
    assert "the figures on this page mean nothing" in pages.page_text("race", [run])


def test_a_long_paragraph_is_wrapped_and_a_unit_stays_at_its_number() -> None:
    filled = load("pages")._filled("word " * 23 + "10.7 % of it", load("pages").Results([]), {})  # noqa: SLF001
    assert filled.splitlines()[1:] == ["10.7 % of it"]
