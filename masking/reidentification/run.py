"""From two masked trees to the answer: enrol, compare, write. The one way in, for the command and for Python."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from masking.core import safe_files
from masking.core.config import Config
from masking.core.errors import ConfigError, EmptyTreeError, OutputFolderError
from masking.core.process import set_up_process
from masking.dataset.tree import RefusedEntry
from masking.pipeline.outcome import Outcome, refused
from masking.pipeline.output_folder import OWNER_FILE
from masking.pipeline.run import Listener, RunOptions, run_stage
from masking.reidentification.enroller import Enroller
from masking.reidentification.recognisers.registry import chosen_recognisers
from masking.reidentification.samples import Sample, Samples
from masking.reidentification.stage import EmbeddingStage, kept_samples
from masking.reidentification.study import Conduct, Study
from masking.reidentification.trees import UNKNOWN, MaskedImage, MaskedTree, open_tree


@dataclass(frozen=True)
class Trees:
    """The folders as they were named: each an input tree, or a mask run's OUTPUT_FOLDER. cross_mask: another run of the
    query tree by another reconstructor.
    """

    query: Path
    database: Path
    cross_mask: Path | None = None

    def named(self) -> Mapping[str, Path]:
        """The folders by what they are."""
        folders = {"query": self.query, "database": self.database}
        return {**folders, "cross_mask": self.cross_mask} if self.cross_mask else folders


@dataclass(frozen=True)
class Enrolled:
    """One tree's images. images: those that the samples are of. counts: how many have each status; failures: the first
    of those without vectors.
    """

    tree: MaskedTree
    samples: Samples
    images: Sequence[MaskedImage]
    counts: Mapping[str, int]
    failures: Sequence[Outcome]


@dataclass(frozen=True)
class Result:
    """What came of it. trees: by query, database and cross_mask. models: what did each part, for people."""

    config: Config
    folders: Trees
    trees: Mapping[str, Enrolled]
    models: Mapping[str, str]
    study: Study


FAILURES_SHOWN = 20


def compare_trees(
    folders: Trees, config: Config, options: RunOptions | None = None, listener: Listener | None = None
) -> Result:
    """Ask whether the people of `folders.query` are recognised among those of `folders.database`.

    Nothing is written except, where EMBEDDINGS_FOLDER asks for it, the embeddings; `results.write_results` writes the
    rest. Raises ConfigError where the folders are wrong, EmptyTreeError where nobody can be compared, ModelFileError or
    MissingPackageError where a recogniser can't be loaded.
    """
    options, listener = options or RunOptions(), listener or Listener()
    _check(folders, config)
    set_up_process()
    if config.reidentification.embeddings_folder:
        trees, models = _through_files(folders, config, options, listener)
    else:
        trees, models = _in_memory(folders, config, options, listener)
    query, database = trees["query"], trees["database"]
    cross = trees.get("cross_mask")
    recognisers = [entry.name for entry, _ in chosen_recognisers(config)]
    different = {query.tree.reconstructor, database.tree.reconstructor} - {UNKNOWN}
    listener.say("Comparing ...")
    with _bar("Comparing", " setups", shown=options.progress) as advance:
        conduct = Conduct(config.reidentification, recognisers, len(different) == 2, advance)
        study = conduct.study(query.samples, database.samples, cross.samples if cross else None)
    if not any(row.figures for row in study.rows):
        raise EmptyTreeError("fewer than two people have a masked image on both sides, so nothing can be compared")
    return Result(config, folders, trees, models, study)


def _check(folders: Trees, config: Config) -> None:
    problems = []
    if folders.query.is_dir() and folders.database.is_dir():
        trees = [open_tree(folder).photos for folder in (folders.query, folders.database)]
        if os.path.realpath(trees[0]) == os.path.realpath(trees[1]):
            problems.append(f"{folders.query} and {folders.database} are one tree: every photo would find itself")
    if os.path.lexists(config.folders.output_folder / OWNER_FILE):
        problems.append(
            f"{config.folders.output_folder} is a mask run's OUTPUT_FOLDER; name another one with --output-folder"
        )
    if not config.reidentification.embeddings_folder and (config.run.workers > 1 or config.run.scheduler):
        problems.append(
            "WORKERS and SCHEDULER need [REIDENTIFICATION] EMBEDDINGS_FOLDER: workers hand over embeddings there"
        )
    if problems:
        raise ConfigError(problems)


def _in_memory(
    folders: Trees, config: Config, options: RunOptions, listener: Listener
) -> tuple[dict[str, Enrolled], Mapping[str, str]]:
    opened = {side: open_tree(folder) for side, folder in folders.named().items()}
    listener.say("Loading the recognisers ...")
    enroller = Enroller(config)
    for part, description in enroller.models.items():
        listener.remark(f"{part}: {description}")
    return {side: _enrolled(side, tree, enroller, options, listener) for side, tree in opened.items()}, enroller.models


def _enrolled(side: str, tree: MaskedTree, enroller: Enroller, options: RunOptions, listener: Listener) -> Enrolled:
    samples: list[Sample] = []
    outcomes: list[Outcome] = []
    entries = list(tree.walk())
    with _bar(f"Embedding {side}", " images", shown=options.progress) as advance:
        for number, entry in enumerate(entries, 1):
            if isinstance(entry, RefusedEntry):
                outcome = refused(entry, entry.reason)
            else:
                enrolled = enroller.enrol(entry)
                outcome = enrolled.outcome
                if enrolled.vectors is not None:
                    person, occasion = tree.person(entry.identity, entry.name), tree.occasion(entry.video, entry.name)
                    samples.append(Sample(person, occasion, entry.name, enrolled.photo, enrolled.vectors))
            outcomes.append(outcome)
            listener.outcome(outcome)
            advance(number, len(entries))
    return _counted(tree, samples, outcomes)


def _through_files(
    folders: Trees, config: Config, options: RunOptions, listener: Listener
) -> tuple[dict[str, Enrolled], Mapping[str, str]]:
    """By the pipeline: resumed, with workers or a cluster, through files that are for their owner alone."""
    private = Path(config.reidentification.embeddings_folder).expanduser().absolute()
    trees, models = {}, {}
    for side, folder in folders.named().items():
        _make_private(private)
        _make_private(private / side)
        of_side = config.model_copy(
            update={
                "folders": config.folders.model_copy(update={"input_folder": folder, "output_folder": private / side})
            }
        )
        outcomes: list[Outcome] = []
        tree = open_tree(folder)
        collector = Listener(listener.say, listener.remark, _also_into(outcomes, listener))
        run_stage(EmbeddingStage(), of_side, options, collector)
        trees[side] = _counted(tree, list(kept_samples(tree, of_side, outcomes)), outcomes)
    models.update({f"recogniser {entry.name}": entry.summary for entry, _ in chosen_recognisers(config)})
    return trees, models


def _also_into(outcomes: list[Outcome], listener: Listener) -> Callable[[Outcome], None]:
    def both(outcome: Outcome) -> None:
        outcomes.append(outcome)
        listener.outcome(outcome)

    return both


def _make_private(folder: Path) -> None:
    try:
        safe_files.make_private_folder(folder)
    except OSError as error:
        raise OutputFolderError(f"EMBEDDINGS_FOLDER {folder}: {error.strerror}") from error


def _counted(tree: MaskedTree, samples: Sequence[Sample], outcomes: Sequence[Outcome]) -> Enrolled:
    counts = Counter(str(outcome.status) for outcome in outcomes)
    failures = [outcome for outcome in outcomes if outcome.reason][:FAILURES_SHOWN]
    enrolled = [outcome for outcome in outcomes if outcome.status == EmbeddingStage.finished]
    images = [tree.image(outcome.identity, outcome.video, outcome.name) for outcome in enrolled]
    return Enrolled(tree, Samples.of(samples), images, dict(counts), failures)


@contextmanager
def _bar(what: str, unit: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, which shows how many of how many are done."""
    from tqdm import tqdm

    with tqdm(desc=what, unit=unit, disable=not shown, leave=False, dynamic_ncols=True) as bar:

        def advance(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        yield advance
