"""What of a run's work was done by something else than the original pipeline's models, because `auto` chose so."""

from __future__ import annotations

from masking.core.config import Config
from masking.faces.landmarks import choose_landmark_detector
from masking.reconstruction.registry import choose_reconstructor


def stand_ins(config: Config) -> list[str]:
    """A sentence for each model that something else stood in for; none where the user chose it by name."""
    sentences = []
    name, why = choose_reconstructor(config)
    if config.reconstruction.reconstructor == "auto" and name == "facemesh":
        sentences.append(
            f"The face mesh stood in for RingNet ({why}): these masks can't be compared with RingNet's. "
            "Set RECONSTRUCTOR = facemesh if that is intended; --doctor says what is missing"
        )
    name, why = choose_landmark_detector(config)
    if config.landmarks.landmark_detector == "auto" and name == "facemesh":
        sentences.append(
            f"The face mesh's points stood in for dlib's 81 landmarks ({why}). Set LANDMARK_DETECTOR = facemesh "
            "if that is intended"
        )
    return sentences
