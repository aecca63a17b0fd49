"""Panel 5: the confusion matrix, its images, and the way into the glass box."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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


def test_it_is_said_which_network_is_counted(open_page: Callable[..., "Page"]) -> None:
    page = open_page("#mistakes")
    expect(page.locator("#mistakes-summary")).to_contain_text("This is the network that you can look into.")
    expect(page.locator("#mistakes-summary")).to_contain_text("together with a second one")


def test_nothing_is_counted_while_the_server_is_away(page: "Page") -> None:
    def refuse(route: Any) -> None:
        route.abort("connectionrefused")

    page.route("**/studio/**", refuse)
    page.get_by_role("link", name="Mistakes").click()
    body = page.locator("#mistakes-body")
    expect(body).to_contain_text("The server does not answer. The mistakes are counted as soon as it is back.")
    page.unroute("**/studio/**", refuse)
    expect(body.locator(".matrix")).to_be_visible()


def test_the_cell_stands_in_the_address(open_page: Callable[..., "Page"]) -> None:
    page = open_page("#mistakes?true=3&predicted=3")
    gallery = page.locator("#mistakes-body .gallery")
    expect(gallery.locator("h2")).to_have_text("3, read right")
    expect(gallery.locator(".tile").first).to_be_visible()  # all of the first ones come at once
    shown = gallery.locator(".tile").count()
    gallery.get_by_role("button", name="Show more").click()
    expect(gallery.locator(".tile")).to_have_count(2 * shown)
