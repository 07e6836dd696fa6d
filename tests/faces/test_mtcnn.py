"""MTCNN's output network: the carried one is the published one, and it tells faces from other things."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from masking.faces.detector import Detection
from masking.faces.mtcnn import INPUT_LEVELS, MTCNN, OutputNetwork
from masking.faces.pyramid import Pyramid
from scripts.convert_mtcnn import weights_of
from tests.faces.published import wheel
from tests.fits import finder

PACKAGE = "facenet-pytorch==2.6.0"
WHEEL_SHA256 = "ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca"
PUBLISHED_SHA256 = "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d"
FOLDER = MTCNN.path.parent


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, network: None) -> bytes:
    """onet.pt as the package ships it."""
    return wheel(tmp_path_factory.mktemp("published"), PACKAGE, WHEEL_SHA256).read("facenet_pytorch/data/onet.pt")


def convolved(given: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(given, kernel.shape[2:], axis=(1, 2))
    return np.tensordot(kernel, windows, axes=([1, 2, 3], [0, 3, 4])) + bias[:, None, None]


def pooled(given: np.ndarray, side: int) -> np.ndarray:
    """The largest of each neighbourhood, two pixels on; those that leave the picture count, too."""
    count = -(-(given.shape[1] - side) // 2) + 1
    wide = np.full((len(given), 2 * count + side, 2 * count + side), -np.inf)
    wide[:, : given.shape[1], : given.shape[2]] = given
    windows = np.lib.stride_tricks.sliding_window_view(wide, (side, side), axis=(1, 2))
    return windows[:, : 2 * count : 2, : 2 * count : 2].max(axis=(3, 4))


def due_log_odds(cut: np.ndarray, weights: Mapping[str, np.ndarray]) -> float:
    """What the published layers, computed one by one in floats, say of `cut` (48, 48, 3)."""

    def activated(given: np.ndarray, number: int) -> np.ndarray:
        slope = weights[f"prelu{number}.weight"].reshape(-1, *[1] * (given.ndim - 1))
        return np.where(given >= 0, given, slope * given)

    given = cut.astype(np.float64).transpose(2, 0, 1)
    for number, side in ((1, 3), (2, 3), (3, 2), (4, None)):
        kernel, bias = weights[f"conv{number}.weight"], weights[f"conv{number}.bias"]
        given = activated(convolved(given, kernel, bias), number)
        given = pooled(given, side) if side else given
    dense = weights["dense5.weight"] @ given.transpose(2, 1, 0).ravel() + weights["dense5.bias"]
    no_face, face = weights["dense6_1.weight"] @ activated(dense, 5) + weights["dense6_1.bias"]
    return float(face - no_face)


@pytest.fixture(scope="module")
def output_network() -> OutputNetwork:
    return OutputNetwork()


@pytest.mark.parametrize("name", ["Eileen_Collins", "Grace_Hopper"])
def test_it_computes_what_the_published_network_does(
    name: str, published: bytes, output_network: OutputNetwork, example_crops: dict[str, np.ndarray]
) -> None:
    assert hashlib.sha256(published).hexdigest() == PUBLISHED_SHA256
    weights = weights_of(published)
    for top, left in ((70, 90), (120, 100), (10, 10), (150, 20)):
        cut = INPUT_LEVELS[example_crops[name][top : top + 48, left : left + 48]]
        (found,) = output_network.network.run(cut)
        assert found.item() == pytest.approx(due_log_odds(cut, weights), abs=0.4), "its weights have 8 bits"


def test_a_file_of_weights_that_holds_anything_else_is_not_opened() -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"posix\.system|nt\.system"):
        weights_of(pickle.dumps(0) * 3 + b"cposix\nsystem\n(S'true'\ntR.")


def test_the_file_has_the_pinned_hash_and_the_readme_says_so() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert hashlib.sha256(MTCNN.path.read_bytes()).hexdigest() == MTCNN.sha256
    assert f"`{MTCNN.sha256}`" in readme
    assert f"`{PUBLISHED_SHA256}`" in readme
    assert {path.name for path in FOLDER.iterdir()} == {MTCNN.path.name, "README.md", "LICENSE"}


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("name", ["Eileen_Collins", "Grace_Hopper"])
def test_a_face_is_one_whichever_way_up_it_is(
    name: str, turn: int, output_network: OutputNetwork, example_crops: dict[str, np.ndarray]
) -> None:
    """The detector's keypoints needn't say which way up it is."""
    crop = example_crops[name]
    upright = finder().find(crop).people[0].witness
    center = np.rot90(np.eye(2), -turn) @ (upright.center - 112) + 112
    half = upright.size / 2
    as_it_stands = Detection(np.concatenate([center - half, center + half]), upright.keypoints, 0.5)
    turned = Pyramid(np.ascontiguousarray(np.rot90(crop, turn)))
    assert output_network.score(turned, as_it_stands) > 0.99


def test_less_than_half_a_face_at_the_border_is_looked_at_with_its_mirror_image(
    output_network: OutputNetwork, example_crops: dict[str, np.ndarray]
) -> None:
    crop = example_crops["Eileen_Collins"]
    seen = finder().find(crop).people[0].witness
    cut = int(seen.box[0] + 0.45 * seen.size)
    half = Pyramid(np.ascontiguousarray(crop[:, :cut]))
    assert output_network.score(half, seen) > 0.9


@pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea"])
def test_other_things_are_no_faces(name: str, output_network: OutputNetwork) -> None:
    picture = np.ascontiguousarray(getattr(skimage.data, name)()[:256, :256, :3])
    keypoints = np.array([[110.0, 110], [146, 110], [128, 130], [128, 150], [90, 110], [166, 110]])
    box = np.array([78.0, 78, 178, 178])
    assert output_network.score(Pyramid(picture), Detection(box, keypoints, 0.5)) < 0.9


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from masking.core.errors import ModelFileError
    from masking.faces.networks import NetworkFile

    monkeypatch.setattr("masking.faces.mtcnn.MTCNN", NetworkFile(tmp_path / "mtcnn_output.tflite", MTCNN.sha256))
    with pytest.raises(ModelFileError, match=r"mtcnn_output\.tflite: can't be read"):
        OutputNetwork()
