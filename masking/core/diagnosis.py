"""Which of the users' own downloads are there, which of them can be used, and what else is found where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from masking.core.downloads import FoundFile, survey
from masking.core.errors import MissingModelFileError, ModelFileError
from masking.core.packed_files import PackedFileError
from masking.core.registry import ModelFile

MAX_LEFT_ALONE = 20


@dataclass(frozen=True)
class Finding:
    """What became of looking for `sought`. path: where it is, or should be. problem: why it can't be used, or
    what is there in its place. used, bytes, sha256: what was found, its size on the disk, and of its content.
    """

    sought: ModelFile
    status: Literal["found", "missing", "unusable"]
    path: str
    problem: str = ""
    used: FoundFile | None = None
    bytes: int = 0
    sha256: str = ""

    @property
    def facts(self) -> dict[str, object]:
        """As a line of JSON holds it."""
        known = {
            "path": self.path,
            "enables": self.sought.enables,
            "page": self.sought.wanted.download.page,
            "status": self.status,
        }
        if self.status == "found":
            return {**known, "bytes": self.bytes, "sha256": self.sha256}
        return {**known, "problem": self.problem}

    @property
    def lines(self) -> list[str]:
        """For people: whether it is there, its size and SHA-256, and if not, why, and where to get it."""
        download, enables = self.sought.wanted.download, f"          for {self.sought.enables}"
        first = f"{self.status:<9} {self.path}"
        if self.status == "found":
            packed = " packed" if self.used and self.used.is_packed else ""
            return [
                first,
                f"          {self.bytes:,} bytes{packed}, SHA-256 {self.sha256}",
                f"{enables}; {download.licence}",
            ]
        problem = [f"          {self.problem}"] if self.problem else []
        return [first, *problem, enables, f"          get {download.title} from {download.page} ({download.licence})"]


def look_for(sought: ModelFile) -> Finding:
    """Look for a file, and try it."""
    try:
        file = sought.find(sought.wanted, sought.location)
    except MissingModelFileError as error:
        return Finding(sought, "missing", str(error.path), error.problem.partition("; ")[2])
    except ModelFileError as error:
        return Finding(sought, "unusable", str(error.path), f"{error.problem}. {error.remedy}")
    try:
        sought.check(file)
        size, digest = file.path.stat().st_size, file.sha256(sought.wanted.max_bytes)
    except ModelFileError as error:
        return Finding(sought, "unusable", str(file), error.problem, used=file)
    except PackedFileError as error:
        return Finding(sought, "unusable", str(file), str(error), used=file)
    except OSError as error:
        return Finding(sought, "unusable", str(file), f"can't be read: {error.strerror}", used=file)
    return Finding(sought, "found", str(file), used=file, bytes=size, sha256=digest)


def left_alone(findings: Sequence[Finding]) -> Iterator[str]:
    """Lines for each file that is where others were looked for but can't be used, and why."""
    reasons: dict[str, str] = {}
    for location in dict.fromkeys(finding.sought.location for finding in findings):
        reasons = dict(_left_alone_at(location, findings)) | reasons
    for path, reason in list(reasons.items())[:MAX_LEFT_ALONE]:
        yield f"left alone {path}"
        yield f"          {reason}"
    if len(reasons) > MAX_LEFT_ALONE:
        yield f"          and {len(reasons) - MAX_LEFT_ALONE} more"


def _left_alone_at(location: Path, findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    looked, used = survey(location), {finding.used for finding in findings}
    yield from ((str(path), fault) for path, fault in looked.faults.items())
    for _, file in looked.files:
        if file not in used and not file.name.lower().startswith("readme"):
            yield str(file), _why_left_alone(file, findings)


def _why_left_alone(file: FoundFile, findings: Iterable[Finding]) -> str:
    for finding in findings:
        if finding.sought.wanted.rank(file.plain_name) is not None:
            return f"{finding.used} is used" if finding.used else f"could be {finding.sought.wanted.name}; see above"
    return "is not looked for under this name"
