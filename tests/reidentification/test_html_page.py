"""The page in Chromium: it can be used by everybody, and shows what there is to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from masking.reidentification.html_page import write_page
from masking.reidentification.run import Result

PHONE, DESK = 400, 1400


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_can_be_used_by_everybody_and_never_scrolls_sideways(
    browser: Any, elsewhere: Callable[..., Result], tmp_path: Any, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(write_page(elsewhere(), tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    violations = axe.Axe().run(page).response["violations"]
    assert [violation["id"] for violation in violations] == []
    page.close()


def test_two_people_have_no_gallery_curve(elsewhere: Callable[..., Result], tmp_path: Any) -> None:
    page = write_page(elsewhere(), tmp_path / "page.html").read_text()
    assert "Cumulative match characteristic" in page
    assert "Rank 1 by gallery size" not in page
    assert "recognised least" not in page
