"""The table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from masking.core.printable import printable
from masking.reidentification.conclusions import answers, what_cannot_be_concluded
from masking.reidentification.figures import Figure
from masking.reidentification.findings import worst_rows
from masking.reidentification.protocols import MEANINGS, Protocol
from masking.reidentification.run import Result
from masking.reidentification.setups import Attack
from masking.reidentification.study import Row

HEADINGS = ("setup", "attack", "by", "people", "rank 1 [95%]", "chance", "p", "rank 5", "AUC [95%]", "EER", "lost")


def table_text(result: Result) -> str:
    """All lines by protocol, the worst recogniser of each setup where there are several; what can't be concluded."""
    study = result.study
    lines: list[str] = []
    for protocol in Protocol:
        rows = [row for row in study.rows if row.protocol is protocol]
        if any(row.figures for row in rows):
            lines += [MEANINGS[protocol], *_table([_cells(row) for row in rows if row.figures]), ""]
            worst = [_cells(row, "worst: ") for row in worst_rows(rows)]
            lines += ["  the worst over all recognisers", *_table(worst), ""] if worst else []
        else:
            lines += [f"{MEANINGS[protocol]}: fewer than two people have the images that this needs", ""]
    lines += _not_compared(result)
    lines += [*answers(result), "", "What can't be concluded:"]
    lines += [f"  - {line}" for line in what_cannot_be_concluded(result)]
    return "\n".join(lines)


def _not_compared(result: Result) -> Iterator[str]:
    study = result.study
    for side, enrolled in result.trees.items():
        lost = {status: count for status, count in enrolled.counts.items() if status != "enrolled"}
        if lost:
            yield f"Not enrolled in the {side}: " + ", ".join(f"{count} {status}" for status, count in lost.items())
    for protocol, plan in study.plans.items():
        if plan.left_out and plan.draws:
            shown = [f"{printable(who)} ({why})" for who, why in list(plan.left_out.items())[:5]]
            more = f" and {len(plan.left_out) - 5} more" if len(plan.left_out) > 5 else ""
            yield f"Left out, {protocol}: {', '.join(shown)}{more}"
    without = [row for row in study.rows if not row.figures and row.images[0]]
    for attack, why in sorted({(str(row.attack), row.why_not) for row in without}):
        setups = sorted({row.setup for row in without if (str(row.attack), row.why_not) == (attack, why)})
        yield f"Not compared, {attack}: {', '.join(setups)}: {why}"


def _cells(row: Row, prefix: str = "") -> Sequence[str]:
    if row.figures is None:
        raise ValueError(f"{row.setup} has no figures")
    named, figures = row.figures.named, row.figures
    rank_1 = named["rank_1"]
    mark = "*" if rank_1.exceeds_chance and row.attack is not Attack.CONTROL else " "
    return (
        row.setup,
        str(row.attack),
        prefix + row.recogniser,
        f"{figures.gallery:.0f}",
        f"{_rate(rank_1)}{mark}",
        f"{rank_1.chance:.3f}",
        "" if figures.p_value is None else f"{figures.p_value:.3f}",
        f"{named['rank_5'].value:.2f}",
        _rate(named["auc"]) if "auc" in named else "",
        f"{named['eer'].value:.2f}" if "eer" in named else "",
        str(sum(row.not_enrolled)),
    )


def _rate(figure: Figure) -> str:
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    left = {0, 1, 2}
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in (HEADINGS, *rows)
    ]
