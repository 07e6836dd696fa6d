"""How long a large run's report takes to build and to open, and how much memory that needs.

    python benchmarks/report.py --images 100000

Outcomes are made up; in a report of this size pictures are files that nobody looks at here.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from masking.core.config import Config, load_config
from masking.core.file_state import FileState
from masking.masks.details import MaskDetails
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.outcome import Outcome
from masking.pipeline.run_facts import Environment, Statistics, run_facts
from masking.report.html_report import HtmlReport


def outcomes(count: int) -> Iterator[Outcome]:
    choice = random.Random(0)  # noqa: S311
    state = FileState(bytes(32), 50_000, 1)
    for number in range(count):
        identity = f"identity_{number // 20:05d}"
        masked = choice.random() < 0.95
        yield Outcome(
            identity=identity,
            video=str(number // 10 % 2),
            name=f"{identity}_{number % 10 * 0.04:.3f}_prep.png",
            status=Status.MASKED if masked else choice.choice([Status.NO_FACE, Status.SEVERAL_FACES]),
            reason=""
            if masked
            else f"{choice.randint(2, 5)} faces found (scores {choice.random():.2f}); nothing written",
            seconds=choice.uniform(0.01, 0.05),
            step_seconds={"read": 0.002, "reconstruct": 0.008, "render": 0.003},
            source=state,
            details=MaskDetails(choice.uniform(0.5, 1.0), choice.uniform(0.9, 1.0)).mapping if masked else {},
        )


def build(config: Config, count: int) -> Path:
    statistics = Statistics(MaskStage())
    with HtmlReport(config) as report:
        for outcome in outcomes(count):
            report.add(outcome)
            statistics.add(outcome)
        now = datetime.now(timezone.utc)
        report.write(run_facts(config, Environment({}, bytes(32), "made up"), statistics, now, now, interrupted=False))
    return report.path


def time_in_browser(page_file: Path) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        started = time.perf_counter()
        page.goto(page_file.as_uri())
        page.locator(".card").first.wait_for()
        opened = time.perf_counter()
        page.evaluate("document.getElementById('search').value = 'identity_01234'; filter()")
        filtered = time.perf_counter()
        page.evaluate("showPage(lastPage())")
        heap = page.evaluate("performance.memory.usedJSHeapSize")
        browser.close()
    return {"open_s": opened - started, "filter_s": filtered - opened, "heap_MB": heap / 1e6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--images", type=int, default=100_000)
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as folder:
        query = Path(folder, "query")
        query.mkdir()
        Path(folder, "output").mkdir()
        overrides = [("", "DEFAULT.INPUT_FOLDER", str(query)), ("", "DEFAULT.OUTPUT_FOLDER", f"{folder}/output")]
        config = load_config(None, overrides)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        page_file = build(config, count)
        built = time.perf_counter() - started
        growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(f"{count:,} images: built in {built:.1f} s, {page_file.stat().st_size / 1e6:.1f} MB")
        print(f"memory grew by {growth / 1024:.0f} MiB while it was built")
        print("in Chromium:", ", ".join(f"{name} {value:.2f}" for name, value in time_in_browser(page_file).items()))


if __name__ == "__main__":
    main()
