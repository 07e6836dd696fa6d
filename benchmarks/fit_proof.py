"""Bad masks and false refusals on made pictures whose people are known, by kind, each with its 95% interval.

A mask is bad if more than a tenth of an eye, the nose or the mouth of anybody in the picture can still be seen, whose
face is at least --smallest of the picture's longer side. Thresholds were chosen on the portraits and seeds of `choose`;
what is reported comes from the others.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.stats import binomtest

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from masking.core.process import set_up_process  # noqa: E402

set_up_process()  # before the libraries are imported

from benchmarks.scenes.kinds import KINDS, Cast  # noqa: E402
from benchmarks.scenes.portraits import Portrait, load_portraits  # noqa: E402
from benchmarks.scenes.scene import Scene, share_to_be_seen  # noqa: E402
from masking.core.config import Config, load_config  # noqa: E402
from masking.core.errors import ItemError  # noqa: E402
from masking.masks.photo_masker import PhotoMasker  # noqa: E402

TO_BE_SEEN = 0.1
SMALLEST = 1 / 7
"""Faces below this share of the picture's longer side don't count."""


@dataclass
class Tally:
    """Of one kind of picture: how many there were, and what became of them."""

    pictures: int = 0
    masked: int = 0
    bad: int = 0
    statuses: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0


def half_of(portraits: Sequence[Portrait], half: str) -> list[Portrait]:
    """Every other portrait by name: those to choose by, or those to report on."""
    return sorted(portraits, key=lambda portrait: portrait.name)[0 if half == "choose" else 1 :: 2]


def scenes(cast: Cast, kinds: Sequence[str], count: int, seed: int) -> Iterator[Scene]:
    """`count` made pictures of each kind; those of a seed are always the same."""
    for number, kind in enumerate(kinds):
        random = np.random.default_rng([seed, number])
        for _ in range(count):
            yield KINDS[kind](random, cast)


def bad_share(scene: Scene, overlay: np.ndarray, smallest: float) -> float:
    """The largest share that can be seen of a part of anybody's face, 0..1, of those who are large enough."""
    longer = max(scene.picture.shape[:2])
    return max(
        (share_to_be_seen(scene, person, overlay) for person in scene.people if person.size >= smallest * longer),
        default=0.0,
    )


def interval(count: int, of: int) -> str:
    """`count / of` and its exact 95% interval, per cent."""
    if of == 0:
        return "-"
    low, high = binomtest(count, of).proportion_ci(method="exact")
    return f"{count / of:6.2%} [{low:.2%}, {high:.2%}]"


def run(options: argparse.Namespace, config: Config) -> dict[str, Tally]:
    masker = PhotoMasker(config)
    cast = Cast(half_of(load_portraits(options.portraits), options.half))
    tallies: dict[str, Tally] = defaultdict(Tally)
    seed = options.seed + (0 if options.half == "choose" else 1_000_000)
    for number, scene in enumerate(scenes(cast, options.kinds, options.count, seed)):
        tally = tallies[scene.kind]
        tally.pictures += 1
        started = time.process_time()
        try:
            overlay = masker.mask(scene.picture).overlay
        except ItemError as error:
            tally.statuses[error.status] += 1
            if options.keep and scene.kind in {"plain", "oblong"}:
                save(options.keep / f"refused_{scene.kind}_{number}_{error.status}.png", scene.picture)
            continue
        finally:
            tally.seconds += time.process_time() - started
        tally.masked += 1
        seen = bad_share(scene, overlay, options.smallest)
        if seen > TO_BE_SEEN:
            tally.bad += 1
            if options.keep:
                save(options.keep / f"bad_{scene.kind}_{number}_{seen:.2f}.png", np.hstack([scene.picture, overlay]))
    return tallies


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=["choose", "report"], default="report")
    parser.add_argument("--count", type=int, default=500, help="made pictures of each kind (default: 500)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument(
        "--smallest", type=float, default=SMALLEST, help="faces below this share don't count (default: 1/7)"
    )
    parser.add_argument("--portraits", type=Path, help="folder with portraits of your own, one person each")
    parser.add_argument("--keep", type=Path, help="folder for bad masks and for refused plain crops, to look at")
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", action="append", default=[], dest="settings")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        overrides = [
            ("--input-folder", "DEFAULT.INPUT_FOLDER", folder),
            ("--output-folder", "DEFAULT.OUTPUT_FOLDER", f"{folder}_output"),
            *(("--set", *setting.partition("=")[::2]) for setting in options.settings),
        ]
        tallies = run(options, load_config(None, overrides))
    print(
        f"half: {options.half}; {options.count} pictures a kind; faces from {options.smallest:.3f} of the longer side"
    )
    for kind, tally in tallies.items():
        refused = ", ".join(f"{status} {count}" for status, count in sorted(tally.statuses.items())) or "none"
        print(f"{kind:<12} masked {tally.masked:>5} of {tally.pictures:<5} bad {interval(tally.bad, tally.masked)}")
        print(f"{'':<12} {1000 * tally.seconds / max(1, tally.pictures):.1f} CPU ms a picture; refused: {refused}")
    masked, bad = (sum(getattr(tally, name) for tally in tallies.values()) for name in ("masked", "bad"))
    print(f"{'all':<12} masked {masked:>5}, bad {interval(bad, masked)}")
    plain = tallies.get("plain")
    if plain:
        print(f"false refusals of plain upright crops: {interval(plain.pictures - plain.masked, plain.pictures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
