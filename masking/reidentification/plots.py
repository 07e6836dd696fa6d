"""Curves as SVG, for a page without a script. Colours come from the page's style, by class."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 26, 40
TICKS = 5
SERIES = 8
"""Colours and dashes that the style has."""


@dataclass(frozen=True)
class Line:
    """A curve: x and y (N,) each; band: its interval (N, 2)."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    band: npt.NDArray[np.float64] | None = None
    is_chance: bool = False


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, on a logarithmic scale or not."""

    title: str
    low: float
    high: float
    logarithmic: bool = False

    def scaled(self, value: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Where values lie, 0 to 1."""
        low, high, at = self.low, self.high, np.clip(np.asarray(value, dtype=np.float64), self.low, self.high)
        if self.logarithmic:
            low, high, at = np.log(low), np.log(high), np.log(at)
        return np.asarray((at - low) / max(high - low, 1e-12))

    def ticks(self) -> list[float]:
        """Values to be named."""
        if not self.logarithmic:
            step = _round_step((self.high - self.low) / TICKS)
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            return [number * step for number in range(first, last + 1)]
        whole = {round(float(value)) for value in np.geomspace(self.low, self.high, TICKS)}
        return [float(value) for value in sorted(whole)]


def _round_step(minimum: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 ... and of their tenths that is no less than `minimum`."""
    power = 10.0 ** math.floor(math.log10(max(minimum, 1e-9)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= minimum * (1 - 1e-9))


def curves(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """A figure of several curves with a legend, each with its band behind it if it has one."""
    drawn, named, number = [], [], 0
    for line in lines:
        style = "chance" if line.is_chance else f"s{number % SERIES}"
        number += not line.is_chance
        if line.band is not None:
            edge = [*_points(x, y, line.x, line.band[:, 0]), *reversed(_points(x, y, line.x, line.band[:, 1]))]
            drawn.append(f'<polygon class="band {style}" points="{" ".join(edge)}"/>')
        drawn.append(f'<polyline class="line {style}" points="{" ".join(_points(x, y, line.x, line.y))}"/>')
        swatch = (
            f'<svg class="swatch" viewBox="0 0 24 10"><line class="line {style}" x1="0" y1="5" x2="24" y2="5"/></svg>'
        )
        named.append(f"<li>{swatch}{html.escape(line.label)}</li>")
    return _figure(title, x, y, "".join(drawn), f"<ul class='legend'>{''.join(named)}</ul>")


def histograms(
    title: str, edges: npt.NDArray[np.float64], genuine: npt.NDArray[np.float64], impostor: npt.NDArray[np.float64]
) -> str:
    """Two distributions on top of one another, as shares of each."""
    middles = (edges[1:] + edges[:-1]) / 2
    held = np.flatnonzero((genuine > 0) | (impostor > 0))
    first, last = (int(held[0]), int(held[-1])) if len(held) else (0, len(middles) - 1)
    step = max(1, (last - first + 1) // 40)
    starts = np.arange(first, last + 1, step)
    shares = [np.add.reduceat(values[: last + 1], starts) for values in (genuine, impostor)]
    x = Axis("score (cosine)", float(edges[first]), float(edges[last + 1]))
    y = Axis("share", 0.0, max(float(np.max(shares)), 1e-6))
    width = (WIDTH - LEFT - RIGHT) / max(1, len(starts))
    bars = []
    for values, style in zip(shares, ("genuine", "impostor"), strict=True):
        for index, value in enumerate(values):
            height = float(y.scaled(value)) * (HEIGHT - TOP - BOTTOM)
            left, top = LEFT + index * width, HEIGHT - BOTTOM - height
            bars.append(
                f'<rect class="{style}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
            )
    legend = "".join(
        f'<li><svg class="swatch" viewBox="0 0 24 10"><rect class="{style}" width="24" height="10"/></svg>{name}</li>'
        for style, name in (("genuine", "same person"), ("impostor", "different people"))
    )
    return _figure(title, x, y, "".join(bars), f"<ul class='legend'>{legend}</ul>")


def _points(x: Axis, y: Axis, xs: Sequence[float], ys: npt.ArrayLike) -> list[str]:
    across = LEFT + x.scaled(xs) * (WIDTH - LEFT - RIGHT)
    down = HEIGHT - BOTTOM - y.scaled(ys) * (HEIGHT - TOP - BOTTOM)
    return [f"{u:.1f},{v:.1f}" for u, v in zip(across, down, strict=True)]


def _figure(title: str, x: Axis, y: Axis, inner: str, legend: str) -> str:
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    axes = [f'<polyline class="axis" points="{LEFT},{TOP} {LEFT},{floor} {right},{floor}"/>']
    for value in x.ticks():
        at = LEFT + float(x.scaled(value)) * (right - LEFT)
        axes.append(f'<text class="tick middle" x="{at:.1f}" y="{floor + 15}">{value:.3g}</text>')
    for value in y.ticks():
        at = floor - float(y.scaled(value)) * (floor - TOP)
        axes.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
        axes.append(f'<text class="tick end" x="{LEFT - 5}" y="{at + 4:.1f}">{value:.2g}</text>')
    axes.append(f'<text class="middle" x="{(LEFT + right) / 2}" y="{HEIGHT - 6}">{html.escape(x.title)}</text>')
    axes.append(f'<text x="4" y="13">{html.escape(y.title)}</text>')
    escaped = html.escape(title)
    return (
        f"<figure class='plot'><figcaption>{escaped}</figcaption>"
        f'<svg role="img" aria-label="{html.escape(title, quote=True)}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"{''.join(axes)}{inner}</svg>{legend}</figure>"
    )
