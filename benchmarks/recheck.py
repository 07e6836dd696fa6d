"""How fast a finished tree is re-checked, and how much memory that takes, for trees of several sizes.

Masks the example images once, multiplies them by hard links, journal included, and times the command on the result.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[2_000, 20_000], help="sizes of the trees")
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", action="append", default=[], dest="settings")
    parser.add_argument("--verify", action="store_true", help="compare contents")
    options = parser.parse_args()
    print(f"{'images':>8}{'seconds':>10}{'images/s':>10}{'peak MB':>9}   (seconds without start-up)")
    for images in options.images:
        with tempfile.TemporaryDirectory(prefix="recheck-") as folder:
            source, target = Path(folder, "query"), Path(folder, "output")
            # In a process of its own: a child's peak memory begins with that of the process that started it.
            building = multiprocessing.get_context("spawn").Process(
                target=build_finished_tree, args=(Path(folder), source, target, images)
            )
            building.start()
            building.join()
            seconds, peak = recheck(source, target, images, options)
            print(f"{images:>8}{seconds:>10.2f}{images / seconds:>10.0f}{peak:>9.0f}", flush=True)
    return 0


def build_finished_tree(folder: Path, source: Path, target: Path, images: int) -> None:
    """A masked tree of `images` images in videos of a hundred, of which all but the first few are hard links."""
    from batch_helper import ImageMasker
    from examples.make_tree import make_trees
    from masking.core.config import load_config
    from masking.dataset import PreparedImage, walk
    from masking.masks.stage import MaskStage
    from masking.pipeline.journal import Journal
    from masking.pipeline.recipe import recipe_for

    make_trees(folder / "examples")
    config = load_config(
        None, [("", "DEFAULT.INPUT_FOLDER", str(folder / "examples")), ("", "DEFAULT.OUTPUT_FOLDER", str(target))]
    )
    masker = ImageMasker(config)
    # Masked at its own place in the final tree, so that the first of each name is no link.
    first = source / "identity-0" / "video-0"
    first.mkdir(parents=True)
    for number, photo in enumerate(sorted((folder / "examples").rglob("*_prep.png"))):
        os.link(photo, first / f"frame-{number:03d}_prep.png")
    masked = [masker.mask(image) for image in walk(source) if isinstance(image, PreparedImage)]
    target.joinpath("input_folder.json").write_text(f'{{"input_folder": "{os.path.realpath(source)}"}}\n')
    with Journal(target, MaskStage(), recipe_for(MaskStage(), config, masker.fingerprint)) as journal:
        journal.write(masked)
        for number in range(len(masked), images):
            original = masked[number % len(masked)]
            identity, video, stem = (
                f"identity-{number // 1000}",
                f"video-{number // 100 % 10}",
                f"frame-{number:06d}_prep",
            )
            pairs = {first / original.name: source / identity / video / f"{stem}.png"}
            for location in original.outputs:
                backup, slash, name = location.rpartition("/")
                old = (target / backup / "identity-0" / "video-0") if slash else first
                new = (target / backup / identity / video) if slash else source / identity / video
                pairs[old / (Path(original.name).stem + name[1:])] = new / (stem + name[1:])
            for old, new in pairs.items():
                new.parent.mkdir(parents=True, exist_ok=True)
                os.link(old, new)
            journal.write([dataclasses.replace(original, identity=identity, video=video, name=f"{stem}.png")])


def recheck(source: Path, target: Path, images: int, options: argparse.Namespace) -> tuple[float, float]:
    """Seconds of the command's work, without start-up, and its peak resident memory in MB."""
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py")]
    command += ["--input-folder", str(source), "--output-folder", str(target)]
    command += [part for setting in options.settings for part in ("--set", setting)]
    command += ["--verify"] if options.verify else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    found = re.search(rf"Nothing to do; .* in ([0-9.]+) s\nSkipped: {images} images", said)
    if found is None:
        raise SystemExit(f"not every image was recognised as done:\n{said}")
    return float(found[1]), usage.ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
