"""What all pages share: nothing is fetched, nothing runs but the page's own, and no name becomes markup."""

from __future__ import annotations

import base64
import hashlib
import stat
from pathlib import Path

from masking.dataset.permissions import EVERYBODY, Readers
from masking.report.web_page import BESIDE, page, text, write_whole_page


def digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def test_the_policy_lets_the_pages_own_style_hold_and_no_script_run_where_there_is_none() -> None:
    made = page("A", "<p>B</p>", style="p { color: red }")
    assert (
        f"style-src 'sha256-{digest('p { color: red }')}'; img-src data:; base-uri 'none'; form-action 'none'" in made
    )
    assert "default-src 'none'; style-src" in made, "no script"
    assert "<title>A</title>" in made
    assert "<p>B</p>" in made


def test_a_page_with_a_script_names_it_by_its_hash_and_may_show_the_pictures_beside_it() -> None:
    made = page("A", "", style="", script="let a", pictures=BESIDE)
    assert f"script-src 'sha256-{digest('let a')}'; " in made
    assert "img-src 'self' data: file:;" in made


def test_untrusted_text_stays_text() -> None:
    assert text("<b> & '\"") == "&lt;b&gt; &amp; &#x27;&quot;"
    assert text("a\0b\udcff\u202e") == "a\\x00b\\xff\\u202e"
    assert text("20°") == "20&#176;"
    assert "<title>&lt;/title&gt;</title>" in page("</title>", "", style="")


def test_the_page_is_for_its_readers_alone(tmp_path: Path) -> None:
    write_whole_page(tmp_path / "page.html", ["a", "b"], Readers(0o600, None))
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o600
    assert (tmp_path / "page.html").read_text() == "ab"


def test_those_who_may_read_both_of_something_for_all_and_another_are_the_others_readers() -> None:
    few = Readers(0o640, 7)
    assert (EVERYBODY.joined(few), few.joined(EVERYBODY)) == (few, few)
