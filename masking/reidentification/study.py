"""The whole test: every setup of every attack, for every recogniser, by every protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from masking.core.config.options import ReidentificationOptions
from masking.reidentification import parrot
from masking.reidentification.comparison import Enrolled, Identification, Indices, compare
from masking.reidentification.enroller import MESH, SHAPE, vector_name
from masking.reidentification.figures import Figures, Precision, Run, figures
from masking.reidentification.kinds import Kind
from masking.reidentification.meshes import ShapeSpace
from masking.reidentification.protocols import Draw, Plan, Protocol, plan
from masking.reidentification.samples import Samples
from masking.reidentification.setups import (
    ATTACKED_SETUPS,
    CONTROLS,
    CROSS_MASK_SETUPS,
    STUDY_SETUPS,
    Attack,
    Setup,
)

GEOMETRIES = {MESH: "Mesh2Mesh", SHAPE: "Shape2Shape"}
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """One line of the table. recogniser: its name; mesh or shape for geometry. figures: None where `why_not` says why
    there are none. not_enrolled: images on the query's and on the database's side that have no vector, of how many.
    runs: who was recognised, for each draw; the queries' rows among the samples are in `rows`.
    """

    protocol: Protocol
    setup: str
    attack: Attack
    recogniser: str
    figures: Figures | None
    why_not: str = ""
    not_enrolled: tuple[int, int] = (0, 0)
    images: tuple[int, int] = (0, 0)
    runs: Sequence[Identification] = ()
    rows: Sequence[Indices] = ()


@dataclass(frozen=True)
class Study:
    """query, database, cross: the samples; people: identities by the number that runs use. same_photos: photo
    files that are on both sides, byte for byte.
    """

    query: Samples
    database: Samples
    cross: Samples | None
    people: Sequence[str]
    recognisers: Sequence[str]
    plans: Mapping[Protocol, Plan]
    rows: Sequence[Row]
    same_photos: int


@dataclass(frozen=True)
class _Side:
    """The samples of one side, with everybody's number."""

    samples: Samples
    people: Indices

    def enrolled(self, name: str, rows: Indices) -> Enrolled:
        """The vectors of a name in these rows."""
        vectors = self.samples.vectors.get(name)
        if vectors is None:
            vectors = np.full((len(self.samples), 1), np.nan, np.float32)
        return Enrolled(vectors[rows], self.people[rows])


@dataclass(frozen=True)
class _Task:
    """One line of the table to be: what is compared, and how vectors are made comparable."""

    setup: Setup
    recogniser: str
    query_name: str
    database_name: str
    sides: tuple[_Side, _Side]
    plan: Plan
    adapts: bool = False


@dataclass(frozen=True)
class Conduct:
    """Runs the study. options: what is asked for. on_progress: called with how many of how many lines are done."""

    options: ReidentificationOptions
    recognisers: Sequence[str]
    crosses: bool = False
    on_progress: Callable[[int, int], None] = field(default=lambda done, of: None)

    def study(self, query: Samples, database: Samples, cross: Samples | None = None) -> Study:
        """Compare `query` with `database`. cross: the query's photos, masked by another reconstructor."""
        people = sorted({*query.identities, *database.identities, *(cross.identities if cross else ())})
        number = {identity: index for index, identity in enumerate(people)}
        queried, held, crossed = (
            _Side(samples, np.array([number[identity] for identity in samples.identities], dtype=np.int64))
            for samples in (query, database, cross or query)
        )
        options = self.options
        plans = {each: plan(each, query, database, options.draws, options.study_seed) for each in Protocol}
        tasks = [task for each in Protocol for task in self._tasks(plans[each], queried, held)]
        if cross is not None:
            cross_plans = [plan(each, cross, database, options.draws, options.study_seed) for each in Protocol]
            tasks += [task for each in cross_plans for task in self._cross_tasks(each, crossed, held)]
        rows = []
        for done, task in enumerate(tasks):
            self.on_progress(done, len(tasks))
            rows.append(self._row(task))
        self.on_progress(len(tasks), len(tasks))
        shared = len(set(query.photos) & set(database.photos))
        return Study(query, database, cross, people, list(self.recognisers), plans, rows, shared)

    def _tasks(self, plan: Plan, query: _Side, database: _Side) -> Iterator[_Task]:
        for recogniser in self.recognisers:
            for setup in (*STUDY_SETUPS, *(CONTROLS if self.options.controls else ())):
                yield self._task(self._named(setup), recogniser, plan, query, database)
            if self.options.parrot:
                for setup in ATTACKED_SETUPS:
                    named = replace(setup, attack=Attack.PARROT)
                    yield replace(self._task(named, recogniser, plan, query, database), adapts=True)
        if self.options.geometry:
            for name, title in GEOMETRIES.items():
                if name in query.samples.vectors and name in database.samples.vectors:
                    setup = Setup(title, Kind.MASK_WHITE, Kind.MASK_WHITE, Attack.GEOMETRY)
                    yield _Task(setup, name, name, name, (query, database), plan)

    def _cross_tasks(self, plan: Plan, query: _Side, database: _Side) -> Iterator[_Task]:
        for recogniser in self.recognisers:
            for setup in CROSS_MASK_SETUPS:
                named = replace(setup, attack=Attack.CROSS_MASK)
                yield self._task(named, recogniser, plan, query, database)

    def _named(self, setup: Setup) -> Setup:
        """`setup`, said to be a cross-mask attack where query and database were masked by different models."""
        return replace(setup, attack=Attack.CROSS_MASK) if self.crosses and setup in CROSS_MASK_SETUPS else setup

    def _task(self, setup: Setup, recogniser: str, plan: Plan, query: _Side, database: _Side) -> _Task:
        names = vector_name(recogniser, setup.query), vector_name(recogniser, setup.database)
        return _Task(setup, recogniser, *names, (query, database), plan)

    def _row(self, task: _Task) -> Row:
        empty = Row(task.plan.protocol, task.setup.name, task.setup.attack, task.recogniser, None)
        if not task.plan.draws:
            return replace(empty, why_not="fewer than two people have the images that this needs")
        query_rows, database_rows = (
            np.unique(np.concatenate([getattr(draw, side) for draw in task.plan.draws]))
            for side in ("query", "database")
        )
        query = task.sides[0].enrolled(task.query_name, query_rows)
        database = task.sides[1].enrolled(task.database_name, database_rows)
        counted = replace(
            empty,
            not_enrolled=(int((~query.is_enrolled).sum()), int((~database.is_enrolled).sum())),
            images=(len(query_rows), len(database_rows)),
        )
        if task.adapts and len(np.unique(query.people)) < parrot.MIN_PEOPLE:
            return replace(counted, why_not=f"fewer than {parrot.MIN_PEOPLE} people to learn from and to test")
        runs, rows = self._runs(task)
        if not runs:
            return replace(counted, why_not="no image of a person could be enrolled on both sides")
        precision = Precision(self.options.resamples, self.options.resamples, self.options.study_seed)
        identified = [identification for identification, _ in runs]
        return replace(counted, figures=figures(runs, precision), runs=identified, rows=rows)

    def _runs(self, task: _Task) -> tuple[list[Run], list[Indices]]:
        runs, rows = [], []
        for draw, query, database in _adapted(task, self.options.study_seed) if task.adapts else _plain(task):
            if np.isin(query.people[query.is_enrolled], database.people[database.is_enrolled]).any():
                runs.append(compare(query, database, self.options.study_seed))
                rows.append(draw.query)
        return runs, rows


Comparable = tuple[Draw, Enrolled, Enrolled]


def _plain(task: _Task) -> Iterator[Comparable]:
    for draw in task.plan.draws:
        query = task.sides[0].enrolled(task.query_name, draw.query)
        database = task.sides[1].enrolled(task.database_name, draw.database)
        if task.setup.attack is Attack.GEOMETRY:
            shape = task.sides[1].samples.shapes[task.database_name]
            if task.sides[0].samples.shapes[task.query_name] != shape:
                continue  # meshes of different topologies have no vertices in common
            if task.database_name == MESH:
                query, database = _in_shape_space(query, database, shape)
        yield draw, query, database


def _in_shape_space(query: Enrolled, database: Enrolled, shape: tuple[int, ...]) -> tuple[Enrolled, Enrolled]:
    """Both sides' meshes as differences from the database's mean face."""
    known = database.is_enrolled
    if not known.any():
        return query, database
    space = ShapeSpace(database.vectors[known].reshape(-1, *shape))
    return _mapped(query, space, shape), _mapped(database, space, shape)


def _mapped(side: Enrolled, space: ShapeSpace, shape: tuple[int, ...]) -> Enrolled:
    vectors, known = side.vectors.copy(), side.is_enrolled
    if known.any():
        vectors[known] = space.vectors(side.vectors[known].reshape(-1, *shape))
    return Enrolled(vectors, side.people)


def _adapted(task: _Task, seed: int) -> Iterator[Comparable]:
    """Each draw's test half, by what was learnt from the other half's images of both sides."""
    (queried, held), (query_kind, database_kind) = task.sides, (task.setup.query, task.setup.database)
    names = {query_kind: task.query_name, database_kind: task.database_name}
    everybody = np.unique(queried.people[task.plan.draws[0].query])
    for number, (learnt_from, tested) in enumerate(parrot.halves(everybody, parrot.HALVINGS, seed)):
        draw = task.plan.draws[(number // 2) % len(task.plan.draws)]
        training = {}
        for kind, name in names.items():
            parts = [side.enrolled(name, np.flatnonzero(np.isin(side.people, learnt_from))) for side in (queried, held)]
            together = Enrolled(
                np.concatenate([part.vectors for part in parts]), np.concatenate([part.people for part in parts])
            )
            training[kind] = together
        if not all(side.is_enrolled.any() for side in training.values()):
            continue
        adaptation = parrot.Adaptation(training)
        query_rows = draw.query[np.isin(queried.people[draw.query], tested)]
        database_rows = draw.database[np.isin(held.people[draw.database], tested)]
        query = adaptation.adapted(queried.enrolled(task.query_name, query_rows), query_kind)
        database = adaptation.adapted(held.enrolled(task.database_name, database_rows), database_kind)
        yield Draw(query_rows, database_rows), query, database
