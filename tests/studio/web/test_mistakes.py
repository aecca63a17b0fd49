"""Panel 5: the confusion matrix, its images, and the way into the glass box."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect


def test_every_test_image_is_counted_and_each_mistake_can_be_looked_into(
    open_page: Callable[..., "Page"],
) -> None:
    page = open_page("#mistakes")
    cells = page.locator("#mistakes-body .matrix tbody td")
    expect(cells).to_have_count(100)
    assert sum(int(cell) for cell in cells.all_inner_texts()) == 10_000
    wrong = page.locator("#mistakes-body .matrix .wrong button").first
    name, count = wrong.get_attribute("aria-label") or "", int(wrong.inner_text())
    wrong.click()
    tiles = page.locator("#mistakes-body .gallery .tile")
    expect(tiles).to_have_count(count)
    truth, taken = name.split()[-4], name.split()[-1]  # "4 images of 9 taken for 4"
    expect(page.locator("#mistakes-body .gallery h2")).to_have_text(f"{truth} taken for {taken}")
    tiles.first.click()
    expect(page.locator("#inside-body .side-head .hero")).to_have_text(taken)
    expect(page.locator("#inside-body .side-head .note")).to_contain_text(f"a {truth}")


def test_the_cell_stands_in_the_address(open_page: Callable[..., "Page"]) -> None:
    page = open_page("#mistakes?true=3&predicted=3")
    gallery = page.locator("#mistakes-body .gallery")
    expect(gallery.locator("h2")).to_have_text("3, read right")
    expect(gallery.locator(".tile").first).to_be_visible()  # all of the first ones come at once
    shown = gallery.locator(".tile").count()
    gallery.get_by_role("button", name="Show more").click()
    expect(gallery.locator(".tile")).to_have_count(2 * shown)
