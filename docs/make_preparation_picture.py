"""Make docs/pictures/preparation.png: the report of the made source, as Chromium shows it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from shutil import which

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))

from playwright.sync_api import sync_playwright  # noqa: E402

from examples.make_source import make_source  # noqa: E402
from masking import prepare_tree  # noqa: E402

TARGET = PROJECT_FOLDER / "docs" / "pictures" / "preparation.png"
WIDTH, HEIGHT = 1180, 1500


def main() -> None:
    """Prepare the made source, and photograph the top of the page."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        source, study = Path(folder, "source"), Path(folder, "study")
        make_source(source)
        prepare_tree(source, study)
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto((study / "report.html").as_uri())
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
