"""Time of each step of one image on one core, on the example tree, once warm.

Prints milliseconds an image: the mean over all timed passes, and the share of each step.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from masking.core.process import set_up_process  # noqa: E402

set_up_process()  # before the libraries are imported

from batch_helper import ImageMasker  # noqa: E402
from examples.make_tree import make_trees  # noqa: E402
from masking.core.config import load_config  # noqa: E402
from masking.dataset import PreparedImage, walk  # noqa: E402
from masking.masks.status import Status  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passes", type=int, default=20, help="timed passes over the 12 example images (default: 20)")
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", action="append", default=[], dest="settings")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="steps-"))
    try:
        make_trees(folder)
        trees = {"query": folder / "query", "database": folder / "database"}
        seconds: defaultdict[str, float] = defaultdict(float)
        count = 0
        for name, tree in trees.items():
            overrides = [
                ("--input-folder", "DEFAULT.INPUT_FOLDER", str(tree)),
                ("--output-folder", "DEFAULT.OUTPUT_FOLDER", str(folder / f"{name}_output")),
                *(("--set", *setting.partition("=")[::2]) for setting in options.settings),
            ]
            masker = ImageMasker(load_config(None, overrides))
            images = [entry for entry in walk(tree) if isinstance(entry, PreparedImage)]
            for timed in range(-1, options.passes):
                for image in images:
                    outcome = masker.mask(image)
                    if outcome.status != Status.MASKED:
                        raise SystemExit(f"{outcome.relative_path}: {outcome.status}: {outcome.reason}")
                    if timed >= 0:
                        count += 1
                        seconds["total"] += outcome.seconds
                        for step, spent in outcome.step_seconds.items():
                            seconds[step] += spent
    finally:
        shutil.rmtree(folder)
    print(f"{count} images of 224 x 224, one core, warm")
    for step, spent in seconds.items():
        if step != "total":
            print(f"  {step:<12}{1000 * spent / count:8.2f} ms{spent / seconds['total']:8.1%}")
    print(f"  {'total':<12}{1000 * seconds['total'] / count:8.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
