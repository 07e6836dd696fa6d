"""Which images are compared with which: all of them, or one of each person, from one video or from two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.core.string_enum import StringEnum
from masking.reidentification.samples import Samples

Rows = npt.NDArray[np.int64]
MIN_PEOPLE = 2


class Protocol(StringEnum):
    """within: query and database image of a person from one video, as the study's main test. across: from two, as its
    second. all: every query image against all database images, of which each person's best one counts.
    """

    WITHIN = "within"
    ACROSS = "across"
    ALL = "all"


MEANINGS = {
    Protocol.WITHIN: "within a video: one image a person on each side, from the same video",
    Protocol.ACROSS: "across videos: one image a person on each side, from different videos",
    Protocol.ALL: "all pairs: every query image against every database image",
}


@dataclass(frozen=True)
class Draw:
    """Rows of the query's and of the database's samples that are compared."""

    query: Rows
    database: Rows


@dataclass(frozen=True)
class Plan:
    """The draws of a protocol; none where fewer than two people have what it needs. left_out: who has not, and why."""

    protocol: Protocol
    draws: Sequence[Draw]
    left_out: Mapping[str, str]


def plan(protocol: Protocol, query: Samples, database: Samples, draws: int, seed: int) -> Plan:
    """Draw `draws` times, deterministically by `seed`, or once where there is nothing to choose."""
    queried, held = _by_video(query), _by_video(database)
    everybody = sorted(queried.keys() | held.keys())
    left_out = {
        identity: f"no enrolled image in the {side}"
        for identity in everybody
        for side, there in (("database", held), ("query", queried))
        if identity not in there
    }
    both = [identity for identity in everybody if identity not in left_out]
    pairs = {identity: _video_pairs(protocol, queried[identity], held[identity]) for identity in both}
    what = "no video with an image on both sides" if protocol is Protocol.WITHIN else "no two videos, one on each side"
    left_out |= {identity: what for identity in both if not pairs[identity]}
    counted = [identity for identity in both if pairs[identity]]
    if len(counted) < MIN_PEOPLE:
        return Plan(protocol, (), left_out)
    if protocol is Protocol.ALL:
        rows = [_all_rows([there[identity] for identity in counted]) for there in (queried, held)]
        return Plan(protocol, (Draw(*rows),), left_out)
    drawn = [
        _draw(np.random.default_rng([seed, number]), [(pairs[one], queried[one], held[one]) for one in counted])
        for number in range(draws)
    ]
    return Plan(protocol, _without_repetition(drawn), left_out)


Videos = Mapping[str, Rows]


def _by_video(samples: Samples) -> dict[str, dict[str, Rows]]:
    rows: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, (identity, video) in enumerate(zip(samples.identities, samples.videos, strict=True)):
        rows[identity][video].append(row)
    return {who: {video: np.array(found) for video, found in sorted(there.items())} for who, there in rows.items()}


def _video_pairs(protocol: Protocol, queried: Videos, held: Videos) -> list[tuple[str, str]]:
    return [
        (one, other)
        for one in queried
        for other in held
        if protocol is Protocol.ALL or (one == other) == (protocol is Protocol.WITHIN)
    ]


def _all_rows(people: Sequence[Videos]) -> Rows:
    return np.sort(np.concatenate([rows for videos in people for rows in videos.values()]))


def _draw(random: np.random.Generator, people: Sequence[tuple[Sequence[tuple[str, str]], Videos, Videos]]) -> Draw:
    query, database = [], []
    for pairs, queried, held in people:
        one, other = pairs[int(random.integers(len(pairs)))]
        query.append(random.choice(queried[one]))
        database.append(random.choice(held[other]))
    return Draw(np.array(query), np.array(database))


def _without_repetition(draws: Sequence[Draw]) -> list[Draw]:
    """`draws` but those that are one of the others again: where there is nothing to choose, one is left."""
    found = {(draw.query.tobytes(), draw.database.tobytes()): draw for draw in draws}
    return list(found.values())
