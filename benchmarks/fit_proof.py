"""Bad masks and false refusals on made pictures whose people are known, by kind, each with its 95% interval.

A mask is bad if more than a tenth of an eye, the nose or the mouth of anybody in the picture can still be seen, whose
face is at least --smallest of the picture's longer side. Thresholds were chosen on the portraits and seeds of `choose`;
what is reported comes from the others.
"""

from __future__ import annotations

import argparse
import sys
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
from benchmarks.scenes.scene import Scene, enlarged, share_to_be_seen  # noqa: E402
from masking.core.config import Config, load_config  # noqa: E402
from masking.core.errors import ItemError  # noqa: E402
from masking.masks.photo_masker import PhotoMasker  # noqa: E402

TO_BE_SEEN = 0.1
SMALLEST = 1 / 7
"""Faces below this share of the picture's longer side don't count."""

DOUBTS = (0.1, 0.05, 0.02, 0.01, 0.002, 0.0)
"""Scores from which masks may be looked at once more: how many would it be, and how many bad ones are among them?"""


@dataclass
class Tally:
    """Of one kind of picture: how many there were, and what became of them. good, bad: of each mask, how likely
    something beside it is a face.
    """

    pictures: int = 0
    good: list[float] = field(default_factory=list)
    bad: list[float] = field(default_factory=list)
    statuses: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0

    @property
    def masked(self) -> int:
        """How many got a mask."""
        return len(self.good) + len(self.bad)


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


def config_of(settings: Sequence[str]) -> Config:
    """The configuration with `settings`, SECTION.KEY=VALUE each, for masks in memory."""
    folders = [("", f"DEFAULT.{kind}_FOLDER", ".") for kind in ("INPUT", "OUTPUT")]
    chosen = [("--set", *setting.partition("=")[::2]) for setting in settings]
    return load_config(None, [*folders, *chosen], check_folders=False)


def run(options: argparse.Namespace, config: Config) -> dict[str, Tally]:
    masker = PhotoMasker(config)
    cast = Cast(half_of(load_portraits(options.portraits), options.half))
    tallies: dict[str, Tally] = defaultdict(Tally)
    seed = options.seed + (0 if options.half == "choose" else 1_000_000)
    for number, small in enumerate(scenes(cast, options.kinds, options.count, seed)):
        scene = enlarged(small, options.enlarge)
        tally = tallies[scene.kind]
        tally.pictures += 1
        started = time.process_time()
        try:
            mask = masker.mask(scene.picture)
        except ItemError as error:
            tally.statuses[error.status] += 1
            if options.keep and scene.kind in {"plain", "oblong"}:
                save(options.keep / f"refused_{scene.kind}_{number}_{error.status}.png", scene.picture)
            continue
        finally:
            tally.seconds += time.process_time() - started
        seen = bad_share(scene, mask.overlay, options.smallest)
        (tally.bad if seen > TO_BE_SEEN else tally.good).append(mask.survivor_score)
        if seen > TO_BE_SEEN and options.keep:
            shown = np.hstack([scene.picture, mask.overlay])
            save(options.keep / f"bad_{scene.kind}_{number}_{seen:.2f}.png", shown)
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
    parser.add_argument("--enlarge", type=float, default=1, help="by how much the pictures are enlarged (default: 1)")
    parser.add_argument("--portraits", type=Path, help="folder with portraits of your own, one person each")
    parser.add_argument("--keep", type=Path, help="folder for bad masks and for refused plain crops, to look at")
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", action="append", default=[], dest="settings")
    options = parser.parse_args()
    tallies = run(options, config_of(options.settings))
    print(
        f"half: {options.half}; {options.count} pictures a kind; faces from {options.smallest:.3f} of the longer side"
    )
    for kind, tally in tallies.items():
        refused = ", ".join(f"{status} {count}" for status, count in sorted(tally.statuses.items())) or "none"
        print(
            f"{kind:<12} masked {tally.masked:>5} of {tally.pictures:<5} bad {interval(len(tally.bad), tally.masked)}"
        )
        print(f"{'':<12} {1000 * tally.seconds / max(1, tally.pictures):.1f} CPU ms a picture; refused: {refused}")
    goods = np.array([score for tally in tallies.values() for score in tally.good])
    bads = np.array([score for tally in tallies.values() for score in tally.bad])
    print(f"{'all':<12} masked {len(goods) + len(bads):>5}, bad {interval(len(bads), len(goods) + len(bads))}")
    for score in DOUBTS:
        found = f"{np.mean(goods > score):.1%} of the good masks, {np.count_nonzero(bads > score)} of the bad ones"
        print(f"something beside it scores above {score:g}: {found}")
    plain = tallies.get("plain")
    if plain:
        print(f"false refusals of plain upright crops: {interval(plain.pictures - plain.masked, plain.pictures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
