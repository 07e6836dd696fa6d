"""What a run would do: how many images, how many of them are done, the time and the disk space that the rest needs."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from masking.core.config import Config
from masking.core.errors import OutputFolderError, Status
from masking.core.fingerprints import recipe_for
from masking.core.safe_files import copy_file, temporary_folder
from masking.dataset import PreparedImage, RefusedEntry, walk
from masking.dataset.layout import Layout, describe, layout_of
from masking.dataset.left_alone import LeftAlone
from masking.dataset.names import composed
from masking.dataset.outputs import ALL_KINDS, output_places
from masking.dataset.write_access import checked_once, where_else
from masking.pipeline.journal import FILE_NAME as JOURNAL_NAME
from masking.pipeline.journal import Journal
from masking.pipeline.outcome import Outcome
from masking.pipeline.resume import EarlierOutcomes

SAMPLE_SIZE = 8
BLOCK_BYTES = 4096
"""File systems give out space in blocks, of this size nearly everywhere."""
SHOWN_REFUSALS = 10


class SampleMasker(Protocol):
    """Masks one image, with models that are loaded."""

    @property
    def fingerprint(self) -> bytes:
        """As batch_helper.ImageMasker."""
        ...

    def mask(self, image: PreparedImage) -> Outcome:
        """As batch_helper.ImageMasker."""
        ...


@dataclass
class Plan:
    """What the tree holds. to_do_sample: some of the images that are to be done, evenly at random."""

    identities: set[str] = field(default_factory=set)
    videos: set[tuple[str, str]] = field(default_factory=set)
    images: int = 0
    refused: int = 0
    refusals: list[RefusedEntry] = field(default_factory=list)
    done: Counter[Status] = field(default_factory=Counter)
    to_do: int = 0
    to_do_sample: list[PreparedImage] = field(default_factory=list)

    def counted(
        self, entries: Iterable[PreparedImage | RefusedEntry], layout: Layout
    ) -> Iterator[PreparedImage | RefusedEntry]:
        """Pass `entries` on, and count them."""
        for entry in entries:
            if isinstance(entry, PreparedImage):
                self.images += 1
                self.identities.add(composed(layout.identity_of(entry.identity, entry.path.name)))
                if entry.video:
                    self.videos.add((entry.identity, entry.video))
            else:
                self.refused += 1
                if len(self.refusals) < SHOWN_REFUSALS:
                    self.refusals.append(entry)
            yield entry

    def sort_in(self, items: Iterable[PreparedImage | Outcome]) -> None:
        """Tell what is done from what is to do. Every image is as likely as any other to get into the sample."""
        choice = random.Random(0)  # noqa: S311 - the same sample each time, not a secret
        for item in items:
            if isinstance(item, Outcome):
                self.done[item.status] += item.recorded
                continue
            self.to_do += 1
            if len(self.to_do_sample) < SAMPLE_SIZE:
                self.to_do_sample.append(item)
            elif (place := choice.randrange(self.to_do)) < SAMPLE_SIZE:
                self.to_do_sample[place] = item


@dataclass(frozen=True)
class Cost:
    """Means over the sample's images, each for one image: seconds in one process, bytes on the disk."""

    seconds: float
    bytes: float


def dry_run(
    config: Config, make_masker: Callable[[Config], SampleMasker], *, verify: bool, force: bool
) -> Iterator[str]:
    """Lines that tell what a run would do. A few images are masked, into a temporary folder that is removed again.

    Raises OutputFolderError where the journal can't be read, and whatever `make_masker` raises.
    """
    with temporary_folder("masking-dry-run-") as temporary:
        folders = config.folders.model_copy(update={"output_folder": temporary})
        masker = make_masker(config.model_copy(update={"folders": folders}))
        _copy_journal(config.folders.output_folder, temporary)
        recipe, plan = recipe_for(config, masker.fingerprint), Plan()
        layout, left_alone = layout_of(config.folders), LeftAlone()
        with Journal(temporary, recipe) as journal:
            yield from journal.news()
            earlier = EarlierOutcomes(
                journal,
                recipe,
                config.folders.output_folder,
                verify=verify,
                force=force,
                options=config.output,
                layout=layout,
            )
            walked = plan.counted(walk(config.folders.input_folder, layout, left_alone), layout)
            plan.sort_in(checked_once(config, earlier.sort_out(walked)))
        yield from describe_tree(config, plan)
        backup_only = config.output.outputs == "backup"
        if left_alone.count:
            yield left_alone.text
        if plan.to_do:
            yield from describe_cost(config, plan, measure(masker, plan.to_do_sample, backup_only=backup_only))


def _copy_journal(output_folder: Path, temporary: Path) -> None:
    """A journal has one user; the copy leaves it to a run that may be using it now."""
    try:
        for name in (JOURNAL_NAME, f"{JOURNAL_NAME}-wal"):
            copy_file(output_folder / name, temporary / name)
    except OSError as error:
        raise OutputFolderError(f"{output_folder / JOURNAL_NAME} can't be read: {error.strerror}") from error


def measure(masker: SampleMasker, sample: list[PreparedImage], *, backup_only: bool = False) -> Cost:
    """Mask `sample` with a masker whose output folder is a temporary one; nothing is written beside the photos."""
    loose = [PreparedImage(identity="", video="", path=image.path) for image in sample]
    masker.mask(loose[0])  # the first one waits for what is compiled or loaded when it is first needed
    outcomes = [masker.mask(image) for image in loose]
    # A loose image's outputs are written once, those of an image in a tree in two places.
    seconds = sum(outcome.seconds + outcome.step_seconds.get("publish", 0.0) for outcome in outcomes)
    sizes = [_bytes_in_a_tree(outcome, backup_only=backup_only) for outcome in outcomes]
    return Cost(seconds / len(outcomes), sum(sizes) / len(outcomes))


def _bytes_in_a_tree(outcome: Outcome, *, backup_only: bool) -> int:
    copies = {place: len(output_places(kind, backup_only)) for kind in ALL_KINDS for place in output_places(kind)}
    blocks = {place: -(-state.size // BLOCK_BYTES) for place, state in outcome.outputs.items()}
    return sum(blocks[place] * BLOCK_BYTES * copies[place] for place in blocks)


def describe_tree(config: Config, plan: Plan) -> Iterator[str]:
    """Lines that tell what was found and what of it is done."""
    for entry in plan.refusals:
        yield f"would refuse {entry.relative_path}: {entry.reason}"
    if plan.refused > len(plan.refusals):
        yield f"would refuse {plan.refused - len(plan.refusals)} more"
    yield f"Input:  {config.folders.input_folder}"
    yield (
        f"        {len(plan.identities):,} identities, {len(plan.videos):,} videos, {plan.images:,} prepared images, "
        f"{plan.refused:,} refused"
    )
    yield f"Layout: {describe(config.folders)}"
    yield f"Output: {config.folders.output_folder}{where_else(config)}"
    done = ", ".join(f"{count:,} {status}" for status, count in plan.done.items() if count)
    yield f"Done:   {plan.done.total():,} by an earlier run{f' ({done})' if done else ''}; {plan.to_do:,} to do"


def describe_cost(config: Config, plan: Plan, cost: Cost) -> Iterator[str]:
    """Lines that tell the time and the disk space that the rest needs."""
    workers = 1 if config.run.scheduler else config.run.workers
    who = "in one process; the cluster's workers share it" if config.run.scheduler else f"{workers} at a time"
    yield (
        f"Time:   about {duration(plan.to_do * cost.seconds / workers)}: {len(plan.to_do_sample)} images were tried, "
        f"{cost.seconds * 1000:.0f} ms each, {who}"
    )
    needed, free = plan.to_do * cost.bytes, _free_bytes(config.folders.output_folder)
    half = "" if config.output.outputs == "backup" else ", half of it beside the images"
    yield f"Disk:   about {_size(needed)}{half}; {_size(free)} free for OUTPUT_FOLDER"
    if needed > free:
        yield "        That is more than there is."


def duration(seconds: float) -> str:
    """For people: 12 s, 3 min, 2 h 5 min, 3 days 4 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days {hours % 24} h"


def _free_bytes(folder: Path) -> int:
    existing = next(parent for parent in [folder, *folder.absolute().parents] if parent.exists())
    return shutil.disk_usage(existing).free


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
