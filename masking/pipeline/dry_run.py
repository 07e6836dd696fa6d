"""What a run would do: how many items, how many of them are done, the time and the disk space that the rest needs."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from masking.core.config import Config
from masking.core.errors import OutputFolderError
from masking.core.safe_files import copy_file, temporary_folder
from masking.core.unicode_names import composed
from masking.pipeline.journal import FILE_NAME as JOURNAL_NAME
from masking.pipeline.journal import Journal
from masking.pipeline.left_alone import LeftAlone
from masking.pipeline.outcome import Item, Outcome
from masking.pipeline.recipe import recipe_for
from masking.pipeline.resume import EarlierOutcomes
from masking.pipeline.stage import Cost, Processor, Stage

SAMPLE_SIZE = 8
SHOWN_REFUSALS = 10


@dataclass
class Plan:
    """What the tree holds. to_do_sample: some of the items that are to be done, evenly at random."""

    identities: set[str] = field(default_factory=set)
    videos: set[tuple[str, str]] = field(default_factory=set)
    items: int = 0
    refused: int = 0
    refusals: list[Outcome] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    to_do: int = 0
    to_do_sample: list[Item] = field(default_factory=list)
    left_alone: LeftAlone = field(default_factory=LeftAlone)

    def counted(self, entries: Iterable[Item | Outcome], stage: Stage, config: Config) -> Iterator[Item | Outcome]:
        """Pass `entries` on, and count them."""
        for entry in entries:
            if isinstance(entry, Outcome):
                self.refused += 1
                if len(self.refusals) < SHOWN_REFUSALS:
                    self.refusals.append(entry)
            else:
                self.items += 1
                named = stage.named(config, Outcome(entry.identity, entry.video, entry.name, stage.finished))
                self.identities.add(composed(named.whose))
                if entry.video:
                    self.videos.add((entry.identity, entry.video))
            yield entry

    def sort_in(self, items: Iterable[Item | Outcome]) -> None:
        """Tell what is done from what is to do. Every item is as likely as any other to get into the sample."""
        choice = random.Random(0)  # noqa: S311 - the same sample each time, not a secret
        for item in items:
            if isinstance(item, Outcome):
                self.done[str(item.status)] += item.recorded
                continue
            self.to_do += 1
            if len(self.to_do_sample) < SAMPLE_SIZE:
                self.to_do_sample.append(item)
            elif (position := choice.randrange(self.to_do)) < SAMPLE_SIZE:
                self.to_do_sample[position] = item


@dataclass(frozen=True)
class Forecast:
    """What a run would do. news: what the journal has to tell. cost: of each item that is to do; None where none is."""

    plan: Plan
    news: tuple[str, ...]
    cost: Cost | None

    def facts(self, config: Config) -> dict[str, object]:
        """The forecast as a line of JSON holds it."""
        plan = self.plan
        return {
            "identities": len(plan.identities),
            "videos": len(plan.videos),
            "items": plan.items,
            "refused": plan.refused,
            "left_alone": plan.left_alone.facts,
            "done": {status: count for status, count in plan.done.items() if count},
            "to_do": plan.to_do,
            "seconds": plan.to_do * self.cost.seconds / _workers(config) if self.cost else 0.0,
            "bytes": plan.to_do * self.cost.bytes if self.cost else 0.0,
        }


def dry_run(stage: Stage, config: Config, *, verify: bool, force: bool) -> Forecast:
    """Forecast a run. A few items are done, into a temporary folder that is removed again.

    Raises OutputFolderError where the journal can't be read, and whatever the stage raises as it loads its models.
    """
    with temporary_folder("masking-dry-run-") as temporary:
        folders = config.folders.model_copy(update={"output_folder": temporary})
        processor = stage.load(config.model_copy(update={"folders": folders}))
        _copy_journal(config.folders.output_folder, temporary)
        recipe, plan = recipe_for(stage, config, processor.fingerprint), Plan()
        with Journal(temporary, stage, recipe) as journal:
            news = tuple(journal.news())
            earlier = EarlierOutcomes(
                journal,
                recipe,
                stage.files(config),
                stage.finished,
                verify=verify,
                force=force,
                depth=stage.depth(config),
            )
            walked = plan.counted(plan.left_alone.noted(stage.walk(config)), stage, config)
            plan.sort_in(earlier.sort_out(walked))
        return Forecast(plan, news, measure(stage, processor, plan.to_do_sample, config) if plan.to_do else None)


def describe(stage: Stage, config: Config, forecast: Forecast) -> Iterator[str]:
    """Lines that tell of a forecast."""
    yield from forecast.news
    yield from describe_tree(stage, config, forecast.plan)
    if forecast.cost is not None:
        yield from describe_cost(stage, config, forecast.plan, forecast.cost)


def _copy_journal(output_folder: Path, temporary: Path) -> None:
    """A journal has one user; the copy leaves it to a run that may be using it now."""
    try:
        for name in (JOURNAL_NAME, f"{JOURNAL_NAME}-wal"):
            copy_file(output_folder / name, temporary / name)
    except OSError as error:
        raise OutputFolderError(f"{output_folder / JOURNAL_NAME} can't be read: {error.strerror}") from error


def measure(stage: Stage, processor: Processor, sample: list[Item], config: Config) -> Cost:
    """Mean cost of the `sample`'s items, done by a processor whose output folder is a temporary one; nothing is written
    beside them.
    """
    loose = [stage.loose(item) for item in sample]
    for _ in processor.process(loose[:1]):  # the first one waits for what is compiled or loaded when it is first needed
        pass
    costs = [stage.cost(outcome, config) for item in loose for outcome in processor.process([item])]
    return Cost(
        sum(cost.seconds for cost in costs) / len(costs),
        sum(cost.bytes for cost in costs) / len(costs),
        sum(cost.bytes_beside for cost in costs) / len(costs),
    )


def describe_tree(stage: Stage, config: Config, plan: Plan) -> Iterator[str]:
    """Lines that tell what was found and what of it is done."""
    for entry in plan.refusals:
        yield f"would refuse {stage.shown_path(entry)}: {entry.reason}"
    if plan.refused > len(plan.refusals):
        yield f"would refuse {plan.refused - len(plan.refusals)} more"
    yield f"Input:  {stage.folder(config)}"
    yield (
        f"        {len(plan.identities):,} identities, {len(plan.videos):,} videos, "
        f"{plan.items:,} {stage.words.items}, {plan.refused:,} refused"
    )
    if layout := stage.layout(config):
        yield f"Layout: {layout}"
    yield f"Output: {config.folders.output_folder}{stage.also_written(config)}"
    done = ", ".join(f"{count:,} {status}" for status, count in plan.done.items() if count)
    yield f"Done:   {plan.done.total():,} by an earlier run{f' ({done})' if done else ''}; {plan.to_do:,} to do"
    if plan.left_alone.count:
        yield plan.left_alone.text


def describe_cost(stage: Stage, config: Config, plan: Plan, cost: Cost) -> Iterator[str]:
    """Lines that tell the time and the disk space that the rest needs."""
    workers = _workers(config)
    who = "in one process; the cluster's workers share it" if config.run.scheduler else f"{workers} at a time"
    yield (
        f"Time:   about {duration(plan.to_do * cost.seconds / workers)}: {len(plan.to_do_sample)} {stage.words.items} "
        f"were tried, {cost.seconds * 1000:.0f} ms each, {who}"
    )
    needed, free = plan.to_do * cost.bytes, _free_bytes(config.folders.output_folder)
    share = cost.bytes_beside / cost.bytes if cost.bytes else 0.0
    beside = f", {'half' if share == 0.5 else f'{share:.0%}'} of it beside the {stage.words.items}" if share else ""
    yield f"Disk:   about {_size(needed)}{beside}; {_size(free)} free for OUTPUT_FOLDER"
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


def _workers(config: Config) -> int:
    return 1 if config.run.scheduler else config.run.workers


def _free_bytes(folder: Path) -> int:
    existing = next(parent for parent in [folder, *folder.absolute().parents] if parent.exists())
    return shutil.disk_usage(existing).free


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
