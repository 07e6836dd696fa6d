"""Exit codes, and one exception class per cause, each with its remedy in its message."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the command returns to the shell. Documented in docs/errors.md."""

    ALL_DONE = 0
    SOME_NOT_DONE = 1
    USAGE = 2
    MODEL_FILE = 3
    OUTPUT_FOLDER = 4
    CLUSTER = 5
    LOCKED = 6
    INTERRUPTED = 130


class MaskingError(Exception):
    """Ends the run with `exit_code`."""

    exit_code = ExitCode.USAGE


class ConfigError(MaskingError):
    """The INI or the command's options are wrong; `problems` holds every fault that was found."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class EmptyTreeError(MaskingError):
    """The input folder holds no prepared image where one is expected."""


class ReadOnlyTreeError(MaskingError):
    """Outputs are to go beside the photos, and nothing can be written there."""


class ModelFileError(MaskingError):
    """A model file is missing or unusable. The message says which, what was expected and where to get it."""

    exit_code = ExitCode.MODEL_FILE

    def __init__(self, path: Path | str, problem: str, remedy: str) -> None:
        self.path = Path(path)
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{path}: {problem}. {remedy}")

    def __reduce__(self) -> tuple[type[ModelFileError], tuple[Path | str, str, str]]:
        """Pickle by the arguments: workers report their errors to another process."""
        return type(self), (self.path, self.problem, self.remedy)


class MissingModelFileError(ModelFileError):
    """A model file is not there. The problem says what is there instead."""


class MissingPackageError(MaskingError):
    """A Python package that the configuration asks for is not installed."""

    exit_code = ExitCode.MODEL_FILE

    def __init__(self, package: str, remedy: str) -> None:
        self.package = package
        self.remedy = remedy
        super().__init__(f"the package {package} is not installed. {remedy}")

    def __reduce__(self) -> tuple[type[MissingPackageError], tuple[str, str]]:
        """Pickle by the arguments: workers report their errors to another process."""
        return type(self), (self.package, self.remedy)


class UnsupportedOutputError(MaskingError):
    """The configuration asks for an output that the chosen reconstructor can't give."""


class OutputFolderError(MaskingError):
    """The output folder can't be written to, so no outcome could be recorded."""

    exit_code = ExitCode.OUTPUT_FOLDER


class ClusterError(MaskingError):
    """The Dask cluster can't be reached, has gone away, or its workers can't do the work."""

    exit_code = ExitCode.CLUSTER


class LockedError(MaskingError):
    """Another run is working on these folders, or nobody can tell because the file system offers no locks."""

    exit_code = ExitCode.LOCKED


class ItemError(MaskingError):
    """One item comes to nothing; the run goes on. `status` says why in a word, the message in a sentence, and `missed`
    names the bound that it missed, with its value, where there is one.
    """

    exit_code = ExitCode.SOME_NOT_DONE
    status = "failed"

    def __init__(self, message: str, missed: str = "") -> None:
        super().__init__(message)
        self.missed = missed


class UnreadableImageError(ItemError):
    """The file is not a whole, still PNG or JPEG image of an accepted size."""

    status = "unreadable"


class ChangedImageError(ItemError):
    """The file was written to while it was being masked, so its mask might be another photo's."""


class NoFaceError(ItemError):
    """No face was found in the image."""

    status = "no_face"


class SeveralFacesError(ItemError):
    """More than one face was found, and a mask would leave the others unmasked."""

    status = "several_faces"


class LowConfidenceError(ItemError):
    """Something was found that the model itself does not trust to be a face."""

    status = "low_confidence"


class FitUnprovenError(ItemError):
    """Nothing independent of the mesh shows that mesh and hull lie on the face."""

    status = "fit_unproven"


class MeshMissesHullError(ItemError):
    """The rendered mesh leaves too much of the hull uncovered, or all of it."""

    status = "mesh_misses_hull"


class VerificationError(ItemError):
    """A finished overlay or mask shows what it must not; nothing of it is published."""


class PublishError(ItemError):
    """The outputs could not be written as a whole; what was written has been taken back."""


def first_line(error: Exception) -> str:
    """What a library's `error` says, cut to one line of at most 200 characters for a message of our own."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
