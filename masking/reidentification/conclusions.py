"""In plain words: what the figures say, what can't be concluded from them, and how it was done, for a paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from masking import __version__
from masking.reidentification.figures import Figure
from masking.reidentification.findings import MASKLESS, rank_1, strongest
from masking.reidentification.protocols import MEANINGS, Protocol
from masking.reidentification.run import Result
from masking.reidentification.setups import Attack
from masking.reidentification.study import Row

WIDE = 0.2
"""An interval from which hardly anything can be concluded."""
FEW_PEOPLE = 100


def percent(value: float) -> str:
    """A share as people read it."""
    return f"{100 * value:.1f}%"


def between(figure: Figure) -> str:
    """A rate with its interval."""
    return f"{percent(figure.value)} [{percent(figure.low)}, {percent(figure.high)}]"


def answers(result: Result) -> list[str]:
    """A sentence for each protocol: are they recognised? And one on what the surroundings alone give away."""
    rows = result.study.rows
    found = [sentence for protocol in Protocol if (sentence := _answer(rows, protocol))]
    return [*found, *_on_surroundings(rows)]


def _on_surroundings(rows: Sequence[Row]) -> Iterator[str]:
    surroundings = [row for row in rows if row.figures and row.setup == "Background2Background"]
    if not surroundings:
        return
    alone = max(surroundings, key=lambda row: rank_1(row).value)
    overlays = [
        rank_1(row)
        for row in rows
        if row.figures
        and (row.setup, row.attack, row.protocol, row.recogniser)
        == ("Overlay2Overlay", Attack.PLAIN, alone.protocol, alone.recogniser)
    ]
    figure, chance = rank_1(alone), rank_1(alone).chance or 0.0
    with_mask = f"; with the mask in its place, {between(overlays[0])} do" if overlays else ""
    yield (
        f"Hair, clothes and background alone, the face painted out, let {between(figure)} be recognised "
        f"({alone.protocol}, {alone.recogniser}; chance {percent(chance)}){with_mask}."
    )


def _answer(rows: Sequence[Row], protocol: Protocol) -> str | None:
    row = strongest(rows, protocol)
    if row is None or row.figures is None:
        return None
    figure, gallery = rank_1(row), round(row.figures.gallery)
    found = (
        f"{between(figure)} are recognised among {gallery} people, where chance gives {percent(figure.chance or 0.0)}"
    )
    how = f"{row.setup} ({row.attack}, {row.recogniser})"
    if figure.exceeds_chance:
        return f"{MEANINGS[protocol].partition(':')[0].capitalize()}, the strongest attack is {how}: {found}."
    return (
        f"{MEANINGS[protocol].partition(':')[0].capitalize()}, no attack lies above chance with its whole interval; "
        f"the nearest is {how}: {found}."
    )


def what_cannot_be_concluded(result: Result) -> list[str]:
    """Sentences, the gravest first. There are always some."""
    return list(_limits(result))


def _limits(result: Result) -> Iterator[str]:
    study = result.study
    tested = [row for row in study.rows if row.figures is not None]
    masked = [row for row in tested if row.setup not in MASKLESS and row.attack is Attack.PLAIN]
    people = max((row.figures.people for row in tested if row.figures), default=0)
    widest = max(masked or tested, key=lambda row: rank_1(row).high - rank_1(row).low)
    figure = rank_1(widest)
    if people < FEW_PEOPLE or figure.high - figure.low > WIDE:
        yield (
            f"{people} people: the rank-1 rate of {widest.setup} ({widest.recogniser}, {widest.protocol}) may lie "
            f"anywhere between {figure.low:.2f} and {figure.high:.2f}. Small differences between setups mean nothing."
        )
    if people:
        yield (
            f"A gallery of {people} people is easy to search; among more people fewer are found at rank 1, as the "
            "gallery curve shows. It says nothing about larger galleries."
        )
    if study.same_photos:
        yield (
            f"{study.same_photos} photos are in both the query and the database, byte for byte: matches between "
            "them say nothing about other photos."
        )
    for protocol, plan in study.plans.items():
        if not plan.draws:
            what = MEANINGS[protocol].partition(":")[0]
            yield f"Nothing is known {what}: fewer than two people have the images for it."
    tied = [row for row in tested if row.figures and row.figures.tied]
    if tied:
        yield (
            f"In {len(tied)} of {len(tested)} lines some people score exactly alike; such ties count for the attacker. "
            "A recogniser that can't tell anybody apart would reach 100% that way: see the rates if ties are lost."
        )
    if len(study.recognisers) == 1:
        yield f"One recogniser was tried, {study.recognisers[0]}. A stronger one may recognise more."
    if study.cross is None and not any(row.attack is Attack.CROSS_MASK for row in study.rows):
        yield (
            "Query and database were not masked by different reconstructors: an attacker without the same model wasn't "
            "tried."
        )
    yield (
        "A rate at chance does not prove that nobody can be recognised: it says that these attacks did not do it with "
        "these images."
    )


def methods(result: Result) -> str:
    """A paragraph for a methods section that is true of this run."""
    study, options = result.study, result.config.reidentification
    sizes = {side: len(enrolled.samples) for side, enrolled in result.trees.items()}
    aligned = (
        "aligned by the landmarks of the photo it was made from"
        if options.alignment == "photo"
        else "aligned by the face found in itself; images without one count as failures to enrol"
    )
    names = ", ".join(description for part, description in result.models.items() if part.startswith("recogniser"))
    tried = [protocol for protocol, plan in study.plans.items() if plan.draws]
    draws = max((len(study.plans[protocol].draws) for protocol in tried), default=0)
    drawn = (
        f" Where one image a person is drawn, this was done {draws} times (seed {options.study_seed}), and figures are "
        "means over the draws."
        if draws > 1
        else ""
    )
    parrot = (
        " For the parrot attack, each kind's mean and the within-person covariance (oracle approximating shrinkage) of "
        "the embeddings were learnt from one half of the people and applied to the other half, in five halvings."
        if any(row.attack is Attack.PARROT and row.figures for row in study.rows)
        else ""
    )
    geometry = (
        " Meshes were compared after generalised Procrustes alignment to the database's mean."
        if any(row.attack is Attack.GEOMETRY and row.figures for row in study.rows)
        else ""
    )
    return (
        f"Re-identification was tested with batch-face-masking {__version__}. {sizes['query']} query and "
        f"{sizes['database']} database images of {len(study.people)} people were embedded by {names}; each image was "
        f"{aligned}. Embeddings were compared by their cosine, {'; '.join(MEANINGS[one] for one in tried)}.{drawn} "
        "Identification is closed-set; a person's score is that of their best database image, and ties count for the "
        f"attacker.{parrot}{geometry} 95% intervals are from {options.resamples} bootstrap resamples of people, for "
        "rates joined with Wilson's interval for as many independent trials as would vary as much. Rank-1 rates were "
        f"tested against chance by {options.resamples} permutations of people's names, and setups against each other "
        "by exact McNemar tests, adjusted by Holm's method."
    )
