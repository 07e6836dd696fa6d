"""The exclusion flow, as studies print it: identities, videos and frames at each step, and what left between them."""

from __future__ import annotations

import html
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from masking.pipeline.outcome import Outcome
from masking.preparation.details import details_of
from masking.preparation.outputs import VideoRecord
from masking.preparation.status import Status, Verdict

SAID = {
    Verdict.KEPT: "kept, not enough of them",
    Verdict.UNREADABLE: "picture can't be read",
    Verdict.NO_FACE: "no face",
    Verdict.LOW_CONFIDENCE: "face uncertain",
    Verdict.OTHER_FACE: "another face",
    Verdict.MESH_UNPROVEN: "face mesh uncertain",
    Verdict.YAW: "turned to a side",
    Verdict.PITCH: "looks up or down",
    Verdict.ROLL: "turned in the picture",
    Verdict.SMALL: "face too small",
    Verdict.BLURRED: "blurred",
    Verdict.FIT_UNPROVEN: "fit not proven",
}

ARROW = '<li class="arrow" aria-hidden="true"><span>\u2193</span></li>'


@dataclass
class Flow:
    """Counts what went through each step."""

    identities: set[str] = field(default_factory=set)
    read_identities: set[str] = field(default_factory=set)
    prepared_identities: set[str] = field(default_factory=set)
    statuses: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    frames_of: Counter[str] = field(default_factory=Counter)
    chosen: Counter[str] = field(default_factory=Counter)
    lacking: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """For each identity, how many frames its videos lack in all."""

    def add(self, outcome: Outcome, record: VideoRecord | None) -> None:
        """Take in one more video."""
        details = details_of(outcome)
        self.statuses[outcome.status] += 1
        if outcome.identity:
            self.identities.add(outcome.identity)
        if record is not None:
            self.verdicts.update(record.verdicts)
            self.frames_of[outcome.status] += record.frames
        if outcome.status in (Status.PREPARED, Status.TOO_FEW_FRAMES):
            self.read_identities.add(outcome.identity)
        if outcome.status == Status.PREPARED:
            self.prepared_identities.add(outcome.identity)
            self.chosen.update({"query": details.query, "database": details.database})
        elif outcome.identity:
            self.lacking[outcome.identity] += details.lacking

    @property
    def lacking_identities(self) -> Mapping[str, int]:
        """Identities with no prepared video, and how many frames their videos lack."""
        return {name: self.lacking.get(name, 0) for name in sorted(self.identities - self.prepared_identities)}

    @property
    def markup(self) -> str:
        """The flow as HTML."""
        return f'<ol id="flow">{ARROW.join(self._steps())}</ol>'

    def _steps(self) -> Iterator[str]:
        videos, frames = self.statuses.total(), self.verdicts.total()
        kept = self.verdicts[Verdict.KEPT]
        broken = {name: count for name, count in self.statuses.items() if name not in ("prepared", "too_few_frames")}
        yield _step(
            "found", {"identities": len(self.identities), "videos": videos}, "videos that can't be used", broken
        )
        refused = {SAID[one]: self.verdicts[one] for one in Verdict if one is not Verdict.KEPT and self.verdicts[one]}
        read = videos - sum(broken.values())
        yield _step(
            "looked at",
            {"identities": len(self.read_identities), "videos": read, "frames": frames},
            "frames that were refused",
            refused,
        )
        few = self.statuses[Status.TOO_FEW_FRAMES]
        yield _step("kept", {"frames": kept}, "videos left out", {"too few frames kept": few} if few else {})
        chosen = {f"frames for the {tree}": self.chosen[tree] for tree in ("query", "database")}
        prepared = {"identities": len(self.prepared_identities), "videos": self.statuses[Status.PREPARED]}
        yield _step("prepared", {**prepared, **chosen}, "", {})


def _step(name: str, counts: Mapping[str, int], what_left: str, left: Mapping[str, int]) -> str:
    said = ", ".join(f"<strong>{count:,}</strong> {html.escape(what)}" for what, count in counts.items())
    reasons = "".join(f"<li>{html.escape(str(why))}: {count:,}</li>" for why, count in left.items())
    out = f"{sum(left.values()):,} {what_left}<ul>{reasons}</ul>" if left else ""
    aside = f'<div class="out">{out}</div>' if out else "<div></div>"
    return f'<li><div class="step">{name.capitalize()}: {said}</div>{aside}</li>'
