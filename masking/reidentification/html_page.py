"""reidentification.html: the table, the curves, who is recognised most, what can't be concluded. It runs no script."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from masking.core.printable import printable
from masking.dataset.permissions import EVERYBODY, readers_of_file
from masking.reidentification.comparison import SCORE_EDGES
from masking.reidentification.conclusions import answers, methods, what_cannot_be_concluded
from masking.reidentification.figures import Figure, Figures
from masking.reidentification.findings import (
    PEOPLE_SHOWN,
    Difference,
    PersonRate,
    differences,
    people_by_rate,
    plain_among_as_many,
    worst_rows,
)
from masking.reidentification.plots import Axis, Line, curves, histograms
from masking.reidentification.protocols import MEANINGS, Protocol
from masking.reidentification.run import Result
from masking.reidentification.setups import ATTACK_MEANINGS, Attack
from masking.reidentification.study import Row, Study
from masking.report.thumbnails import thumbnail
from masking.report.web_page import page, part, text, write_whole_page

TITLE = "Are they recognised behind their masks?"
HEADINGS = (
    "setup", "attack", "recogniser", "rank 1 [95%]", "chance", "p", "rank 5", "rank 10", "mean rank", "AUC [95%]",
    "EER [95%]", "d'", "TAR at FAR 1%", "TAR at FAR 0.1%", "people", "not enrolled", "tied",
)  # fmt: skip
BANDED = ("Overlay2Face", "MaskOnly2MaskOnly")
"""Setups whose intervals are drawn: all would hide one another. The table and the JSON hold every one."""
SIGNIFICANT = 0.05
MIN_POINTS = 2
"""Of a curve that can be seen."""


def write_page(result: Result, path: Path) -> Path:
    """Write the page whole or not at all, for those who may see every photo that is in it. Raises OSError."""
    shown = _People(result)
    body = string.Template(part("masking.reidentification", "reidentification.html")).substitute(
        title=TITLE,
        answers="".join(f"<p class='answer'>{text(answer)}</p>" for answer in answers(result)),
        body="\n".join(_sections(result, shown)),
    )
    style = part("masking.report", "base.css") + part("masking.reidentification", "reidentification.css")
    write_whole_page(path, [page(TITLE, body, style=style)], shown.readers)
    return path


def _sections(result: Result, shown: _People) -> Iterator[str]:
    study = result.study
    limits = "".join(f"<li>{text(line)}</li>" for line in what_cannot_be_concluded(result))
    yield f"<section class='limits'><h2>What can't be concluded</h2><ul>{limits}</ul></section>"
    for protocol in Protocol:
        rows = [row for row in study.rows if row.protocol is protocol and row.figures]
        title = MEANINGS[protocol][:1].upper() + MEANINGS[protocol][1:]
        if not rows:
            nobody = "Fewer than two people have the images that this needs."
            yield f"<section><h2>{text(title)}</h2><p>{nobody}</p></section>"
            continue
        worst = worst_rows(rows)
        yield (
            f"<section><h2>{text(title)}</h2>{_table(study, rows, str(protocol), _caption(study, protocol))}"
            + (
                f"<h3>The worst over all recognisers</h3>{_table(study, worst, f'{protocol}, the worst', '')}"
                if worst
                else ""
            )
            + f"<div class='plots'>{''.join(_plots(study, rows))}</div></section>"
        )
    attacks = "".join(f"<li>{text(attack)}: {text(meaning)}</li>" for attack, meaning in ATTACK_MEANINGS.items())
    yield f"<section><h2>The attacks</h2><ul>{attacks}</ul></section>"
    yield _differences(differences(study))
    yield shown.section()
    yield _left_out(result)
    yield f"<section><h2>For a methods section</h2><p>{text(methods(result))}</p></section>"


def _caption(study: Study, protocol: Protocol) -> str:
    count = len(study.plans[protocol].draws)
    drawn = f", means over {count} draws" if count > 1 else ""
    return (
        f"Closed set{drawn}. Red: the interval of rank 1 lies above chance. Intervals resample people. A parrot's "
        "gallery is the tested half of the people."
    )


def _table(study: Study, rows: Sequence[Row], name: str, caption: str) -> str:
    head = "".join(f"<th scope='col'>{text(heading)}</th>" for heading in HEADINGS)
    body = "".join(_table_row(study, row, row.figures) for row in rows if row.figures)
    return (
        f"<div class='scroll' tabindex='0' role='region' aria-label='Table: {text(name)}'>"
        f"<table><caption>{text(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _table_row(study: Study, row: Row, figures: Figures) -> str:
    named = figures.named
    as_many = plain_among_as_many(study, row)
    attack = str(row.attack) + (f" (plain among as many: {as_many:.2f})" if as_many is not None else "")
    tars = [f"{named[name].value:.2f}" if name in named else "" for name in ("tar_at_far_0.01", "tar_at_far_0.001")]
    cells = (
        attack, row.recogniser, _rate(named["rank_1"]), f"{named['rank_1'].chance:.3f}",
        "" if figures.p_value is None else f"{figures.p_value:.3f}", f"{named['rank_5'].value:.2f}",
        f"{named['rank_10'].value:.2f}", f"{named['mean_rank'].value:.1f}",
        *([_rate(named["auc"]), _rate(named["eer"]), f"{named['d_prime'].value:.2f}"] if "auc" in named else [""] * 3),
        *tars, f"{figures.gallery:.0f}", f"{sum(row.not_enrolled)} of {sum(row.images)}", f"{figures.tied}",
    )  # fmt: skip
    is_control = row.attack is Attack.CONTROL
    style = "control" if is_control else "above" if named["rank_1"].exceeds_chance else ""
    filled = "".join(
        f"<td{' class=rate' if column == 2 else ''}>{text(cell)}</td>" for column, cell in enumerate(cells)
    )
    return f"<tr class='{style}'><th scope='row'>{text(row.setup)}</th>{filled}</tr>"


def _rate(figure: Figure) -> str:
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def _plots(study: Study, rows: Sequence[Row]) -> Iterator[str]:
    for recogniser in study.recognisers:
        plain = [
            row for row in rows if row.recogniser == recogniser and row.attack in (Attack.PLAIN, Attack.CROSS_MASK)
        ]
        drawn = [*plain, *(row for row in rows if row.attack is Attack.GEOMETRY and row.recogniser == "mesh")]
        if not plain:
            continue
        yield _rank_plot(f"Cumulative match characteristic, {recogniser}", drawn, "cmc")
        yield _rank_plot(f"Rank 1 by gallery size, {recogniser}", drawn, "gallery_curve")
        for row in plain:
            if row.figures and row.setup in ("Face2Face", "Overlay2Face", "Overlay2Overlay", "MaskOnly2MaskOnly"):
                title = f"Scores, {row.setup}, {recogniser}"
                yield histograms(title, SCORE_EDGES, row.figures.genuine, row.figures.impostor)


def _rank_plot(title: str, rows: Sequence[Row], which: str) -> str:
    lines = []
    for row in rows:
        points = getattr(row.figures, which)
        band = np.array([(point.low, point.high) for point in points]).reshape(-1, 2)
        shows_band = row.setup in BANDED
        label = f"{row.setup}, with its 95% interval" if shows_band else row.setup
        at, values = [point.at for point in points], [point.value for point in points]
        lines.append(Line(label, at, values, band if shows_band else None))
    points = getattr(rows[0].figures, which)
    if len(points) < MIN_POINTS:
        return ""
    chance = Line("chance", [point.at for point in points], [point.chance for point in points], is_chance=True)
    is_cmc = which == "cmc"
    x = Axis("rank" if is_cmc else "people in the gallery", points[0].at, max(points[-1].at, 2), not is_cmc)
    return curves(title, x, Axis("share recognised", 0.0, 1.0), [*lines, chance])


def _differences(found: Sequence[Difference]) -> str:
    told = [one for one in found if one.adjusted < SIGNIFICANT]
    rows = "".join(
        f"<tr><th scope='row'>{text(one.first)}</th><td>{text(one.second)}</td>"
        f"<td>{text(f'{one.protocol}, {one.recogniser}')}</td><td>{one.only_first}</td><td>{one.only_second}</td>"
        f"<td>{one.people}</td><td>{one.adjusted:.4f}</td></tr>"
        for one in told
    )
    head = "".join(
        f"<th scope='col'>{name}</th>"
        for name in ("first", "second", "protocol", "only first", "only second", "people", "p, adjusted")
    )
    said = (
        f"{len(found)} comparisons of two setups, exact McNemar, adjusted by Holm's method: {len(told)} below "
        f"{SIGNIFICANT}."
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if told else ""
    region = (
        f"<details><summary>Those {len(told)}</summary><div class='scroll' tabindex='0' role='region' "
        f"aria-label='Differences'>{table}</div></details>"
        if table
        else ""
    )
    return f"<section><h2>Differences between setups</h2><p>{said}</p>{region}</section>"


def _left_out(result: Result) -> str:
    items = [
        f"<li>{text(side)}: {text(', '.join(f'{count} {status}' for status, count in enrolled.counts.items()))}</li>"
        for side, enrolled in result.trees.items()
    ]
    for protocol, plan in result.study.plans.items():
        people = "; ".join(f"{printable(who)}: {why}" for who, why in plan.left_out.items())
        items.append(f"<li>Left out, {text(protocol)}: {text(people) or 'nobody'}</li>")
    return f"<section><h2>Who is in it, and who isn't</h2><ul>{''.join(items)}</ul></section>"


class _People:
    """Who is recognised most and least, with pictures where they may be shown."""

    def __init__(self, result: Result) -> None:
        self._result, self.readers = result, EVERYBODY
        self._with_photos = result.config.output.photos_in_report
        rates = people_by_rate(result.study)
        first = rates[:PEOPLE_SHOWN]
        self._groups = {
            "recognised most": first,
            "recognised least": [one for one in rates[-PEOPLE_SHOWN:] if one not in first],
        }
        self._cards = {name: [self._card(rate) for rate in group] for name, group in self._groups.items()}

    def section(self) -> str:
        """The section of the page."""
        parts = [
            f"<h3>{name}</h3><ul class='people'>{''.join(cards)}</ul>" for name, cards in self._cards.items() if cards
        ]
        said = "At rank 1 over all setups with a mask; the parrot attack left out."
        return f"<section><h2>The most and the least re-identifiable</h2><p>{said}</p>{''.join(parts)}</section>"

    def _card(self, rate: PersonRate) -> str:
        pictures = self._pictures(rate.identity) if self._with_photos else ""
        return (
            f"<li><span class='name'>{text(rate.identity)}</span><br>{100 * rate.rank_1:.0f}% at rank 1, mean rank at "
            f"{100 * rate.rank:.0f}% of the gallery{pictures}</li>"
        )

    def _pictures(self, identity: str) -> str:
        enrolled = self._result.trees["query"]
        samples = enrolled.samples
        if identity not in samples.identities:
            return ""
        index = list(samples.identities).index(identity)
        image = enrolled.images[index]
        self.readers = self.readers.joined(readers_of_file(image.path))
        max_megapixels = self._result.config.run.max_megapixels
        shown = {"photo": image.path, "overlay": image.overlay, "mask": image.mask_only}
        drawn = [
            f"<img alt='{name}' src='data:image/jpeg;base64,{data}'>"
            for name, path in shown.items()
            if (data := thumbnail(path, max_megapixels))
        ]
        return f"<div class='pictures'>{''.join(drawn)}</div>"
