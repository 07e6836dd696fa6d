"""SOURCE: which videos it holds, in the order of their keys.

SOURCE/<identity>/<video>/<frame>.jpg    a folder of frames
SOURCE/<identity>/<clip>.mp4             a video
SOURCE/<identity>/<photo>.jpg            photos, together one video that is called `photos`
SOURCE/<photo>.jpg                       photos of identities that are called as they are
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from masking.core.config import Config
from masking.pipeline.outcome import UNREADABLE, Outcome
from masking.preparation.clip import Clip
from masking.preparation.frames import PictureFolder, Reader, natural_key

PREPARED_ENDING = "_prep"
PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".avif")
CLIP_ENDINGS = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".wmv", ".asf", ".flv",
    ".3gp", ".3g2", ".ogv", ".ogg", ".mjpeg", ".mjpg", ".h264", ".hevc", ".gif",
)  # fmt: skip
STAGES_ENDINGS = (PREPARED_ENDING, "_overlay", "_mask_only")
"""Of names, without the extension of the file, that stages give."""
PHOTOS = "photos"
"""What the video is called that an identity's photos make."""
EXPECTED = (
    "Expected: SOURCE/<identity>/<video>/<frame>.jpg, SOURCE/<identity>/<clip>.mp4, SOURCE/<identity>/<photo>.jpg or "
    "SOURCE/<photo>.jpg"
)


class Kind(str, Enum):
    """What a video is made of."""

    CLIP = "clip"
    FRAMES = "frames"
    PHOTOS = "photos"


@dataclass(frozen=True)
class SourceVideo:
    """One video of one identity. path: the file, or the folder of its pictures. names: its pictures, where not all of
    the folder's are its own. foreign: as masking.pipeline's Item. max_frames: look at so many only.
    """

    identity: str
    video: str
    path: Path
    kind: Kind
    names: tuple[str, ...] = ()
    foreign: frozenset[str] = frozenset()
    max_frames: int | None = None

    @property
    def name(self) -> str:
        """The file's or folder's name; of photos beside one another the first one's."""
        return self.names[0] if self.names else self.path.name

    def reader(self, config: Config) -> Reader:
        """What reads it."""
        if self.kind is Kind.CLIP:
            return Clip(self.path, config, self.max_frames)
        names = self.names or picture_names(self.path)
        return PictureFolder(self.path, names, config, timed=self.kind is Kind.FRAMES, max_frames=self.max_frames)


def walk(config: Config) -> Iterator[SourceVideo | Outcome]:
    """Every video below INPUT_FOLDER, and outcomes of what had to be refused, sorted by identity, video and name.

    What is hidden is not part of the tree, nor are prepared images and masks, nor files that are neither picture nor
    video. A symbolic link is followed where it stays inside the tree.
    """
    source = config.folders.input_folder
    root = Path(os.path.realpath(source))
    listed = _listed(source)
    if isinstance(listed, str):
        yield Outcome("", "", source.name or ".", UNREADABLE, listed)
        return
    photos = defaultdict(list)
    folders, refused = {}, []
    for entry in listed:
        if reason := _refusal(entry, root):
            refused.append(Outcome("", "", entry.name, UNREADABLE, reason))
        elif entry.is_dir():
            folders[entry.name] = entry
        elif is_picture(entry.name):
            photos[identity_of(entry.name, config.preparation.numbered_photos)].append(entry.name)
        elif is_clip(entry.name):
            reason = "is at the wrong depth: put it into a folder named after its identity"
            refused.append(Outcome("", "", entry.name, UNREADABLE, reason))
    yield from refused
    for identity in sorted({*folders, *photos}, key=os.fsencode):
        found: list[SourceVideo | Outcome] = []
        if identity in photos:
            names = tuple(sorted(photos[identity], key=natural_key))
            found.append(SourceVideo(identity, PHOTOS, source, Kind.PHOTOS, names))
        if identity in folders:
            found += _videos_of(identity, Path(folders[identity].path), root)
        yield from sorted(_without_namesakes(found), key=_key)


def _videos_of(identity: str, folder: Path, root: Path) -> list[SourceVideo | Outcome]:
    listed = _listed(folder)
    if isinstance(listed, str):
        return [Outcome(identity, PHOTOS, folder.name, UNREADABLE, listed)]
    found: list[SourceVideo | Outcome] = []
    has_photos = False
    for entry in listed:
        video = os.path.splitext(entry.name)[0] if is_clip(entry.name) else entry.name  # noqa: PTH122
        if reason := _refusal(entry, root):
            found.append(Outcome(identity, video, entry.name, UNREADABLE, reason))
        elif entry.is_dir():
            found.append(SourceVideo(identity, entry.name, Path(entry.path), Kind.FRAMES))
        elif is_clip(entry.name):
            found.append(SourceVideo(identity, video, Path(entry.path), Kind.CLIP))
        else:
            has_photos = has_photos or is_picture(entry.name)
    if has_photos:
        found.append(SourceVideo(identity, PHOTOS, folder, Kind.PHOTOS))
    return found


def _without_namesakes(found: Sequence[SourceVideo | Outcome]) -> Iterator[SourceVideo | Outcome]:
    """`found`, with an outcome in place of each video that would write the same files as another one."""
    videos = Counter(entry.video.casefold() for entry in found if isinstance(entry, SourceVideo))
    for entry in found:
        if isinstance(entry, SourceVideo) and videos[entry.video.casefold()] > 1:
            reason = f"another video of this identity is called {entry.video} too; give one of them another name"
            yield Outcome(entry.identity, entry.video, entry.name, UNREADABLE, reason)
        else:
            yield entry


def _listed(folder: Path) -> list[os.DirEntry[str]] | str:
    """What is in `folder`, except for hidden entries, by name; or why that can't be determined."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry for entry in entries if entry.name[0] != "."), key=lambda one: os.fsencode(one.name))
    except OSError as error:
        return f"the folder can't be read: {error.strerror}"


def _refusal(entry: os.DirEntry[str], root: Path) -> str:
    """Why `entry` is not touched, where it is of concern; empty where it may be, or doesn't concern us."""
    try:
        is_folder, is_file = entry.is_dir(), entry.is_file()
    except OSError as error:
        return f"the link can't be followed: {error.strerror}"
    if not is_folder and not (is_clip(entry.name) or is_picture(entry.name)):
        return ""
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.exists():
            return "the link leads nowhere"
        if root not in target.parents:
            return "the link leaves SOURCE, or leads to all of it"
        if is_folder and target in Path(os.path.abspath(entry.path)).parents:  # noqa: PTH100
            return "the link leads back to a folder above it"
    return "" if is_folder or is_file else "is not a regular file"


def shown_path(outcome: Outcome) -> str:
    """Where the video of `outcome` is below SOURCE, for people."""
    if not outcome.identity or is_picture(outcome.name):
        return outcome.name
    if outcome.video == PHOTOS and outcome.name == outcome.identity:
        return f"{outcome.identity}, its photos"
    return f"{outcome.identity}/{outcome.name}"


def picture_names(folder: Path) -> tuple[str, ...]:
    """The names of the pictures in `folder`; none where it can't be read."""
    listed = _listed(folder)
    if isinstance(listed, str):
        return ()
    return tuple(entry.name for entry in listed if is_picture(entry.name))


def is_picture(name: str) -> bool:
    """Whether a file of this name is a picture that no stage of the study has made."""
    stem, ending = os.path.splitext(name.lower())  # noqa: PTH122
    return ending in PICTURE_ENDINGS and not stem.endswith(STAGES_ENDINGS)


def is_clip(name: str) -> bool:
    """Whether a file of this name is a video."""
    return name.lower().endswith(CLIP_ENDINGS)


def identity_of(photo: str, numbered: bool) -> str:
    """Whose a photo in SOURCE itself is: `Ada_0001` from Ada_0001.jpg, and Ada where photos are `numbered`."""
    stem = os.path.splitext(photo)[0]  # noqa: PTH122
    shared = re.sub(r"[ _.-]*[0-9]+$", "", stem) if numbered else stem
    return shared or stem


def _key(entry: SourceVideo | Outcome) -> tuple[bytes, bytes, bytes]:
    return os.fsencode(entry.identity), os.fsencode(entry.video), os.fsencode(entry.name)
