"""Histograms as SVG, with the bounds drawn in them."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from masking.preparation.frame_rows import Axis, Histogram

WIDTH, HEIGHT = 340, 190
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 26, 34
MAX_BARS = 80


@dataclass(frozen=True)
class Bound:
    """A value that frames must reach, or stay below. option: what sets it; empty where another bound names it."""

    option: str
    value: float
    is_minimum: bool


def histogram_svg(axis: Axis, counts: Histogram, bounds: Sequence[Bound]) -> str:
    """A figure: how many frames fall into each class of `axis`, kept below and refused above, and the bounds."""
    total = sum(map(sum, counts.values()))
    named = ", ".join(f"{bound.option} = {bound.value:g}" for bound in bounds if bound.option)
    caption = f'<figcaption>{html.escape(axis.title)}</figcaption><p class="option">{html.escape(named)}&nbsp;</p>'
    if not total:
        return f'<figure class="chart">{caption}<p>No frame.</p></figure>'
    first, last = _range_of(axis, counts, bounds)
    step = max(1, math.ceil((last - first + 1) / MAX_BARS))
    bars = _bars(counts, first, last, step)
    scale = (WIDTH - LEFT - RIGHT) / (len(bars) * step)
    highest = max(kept + refused for kept, refused in bars)

    def at(number: float) -> float:
        return LEFT + (number - first) * scale

    parts = [_bound_svg(axis, bound, at, first, last + 1) for bound in bounds]
    for index, (kept, refused) in enumerate(bars):
        parts += _bar_svg(at(first + index * step), step * scale, kept, refused, highest)
    parts += _axis_svg(axis, at, first, last + 1, highest)
    kept_frames = sum(kept for kept, _ in counts.values())
    said = f"{axis.title}: {total:,} frames, {kept_frames:,} of them kept"
    return (
        f'<figure class="chart">{caption}<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="'
        f'{html.escape(said)}">{"".join(parts)}</svg></figure>'
    )


def _range_of(axis: Axis, counts: Mapping[int, object], bounds: Sequence[Bound]) -> tuple[int, int]:
    shown = [axis.class_of(bound.value) for bound in bounds]
    # A bound far away from every frame would leave no room for them.
    near = [number for number in shown if abs(number) <= 2 * max(1, *map(abs, counts)) + 2]
    return min([*counts, *near]), max([*counts, *near])


def _bars(counts: Histogram, first: int, last: int, step: int) -> list[tuple[int, int]]:
    bars = []
    for start in range(first, last + 1, step):
        inside = [counts[number] for number in range(start, start + step) if number in counts]
        bars.append((sum(kept for kept, _ in inside), sum(refused for _, refused in inside)))
    return bars


def _bar_svg(left: float, width: float, kept: int, refused: int, highest: int) -> list[str]:
    room, floor = HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    parts, gap = [], min(1.0, width / 6)
    for count, name, below in ((kept, "kept", 0), (refused, "refused", kept)):
        if count:
            top = floor - room * (below + count) / highest
            parts.append(
                f'<rect class="{name}" x="{left:.1f}" y="{top:.1f}" width="{max(0.5, width - gap):.1f}" '
                f'height="{max(0.7, room * count / highest):.1f}"/>'
            )
    return parts


def _bound_svg(axis: Axis, bound: Bound, at: Callable[[float], float], first: int, last: int) -> str:
    number = 4 * math.log2(max(bound.value, 1e-3)) if axis.logarithmic else bound.value / axis.width
    if not first <= number <= last:
        return ""
    x, low, high = at(number), at(first), at(last)
    left, right = (low, x) if bound.is_minimum else (x, high)
    anchor = "end" if x > WIDTH / 2 else "start"
    shift = -4 if anchor == "end" else 4
    return (
        f'<rect class="beyond" x="{left:.1f}" y="{TOP}" width="{max(0.0, right - left):.1f}" '
        f'height="{HEIGHT - TOP - BOTTOM}"/>'
        f'<line class="bound" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="bound" x="{x + shift:.1f}" y="{TOP - 8}" text-anchor="{anchor}">'
        f"{bound.value:g}</text>"
    )


def _axis_svg(axis: Axis, at: Callable[[float], float], first: int, last: int, highest: int) -> list[str]:
    floor = HEIGHT - BOTTOM
    parts = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>']
    for number, anchor in ((first, "start"), ((first + last) / 2, "middle"), (last, "end")):
        value = axis.lower(round(number))
        parts.append(f'<text x="{at(round(number)):.1f}" y="{floor + 16}" text-anchor="{anchor}">{value:.3g}</text>')
    parts.append(f'<text class="quiet" x="{LEFT}" y="{HEIGHT - 4}">highest bar: {highest:,} frames</text>')
    return parts
