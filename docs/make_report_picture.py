"""Make docs/pictures/report.png: the report of a run over some 200 altered copies of the two example portraits."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from batch_process import main as batch_process  # noqa: E402
from examples.make_tree import face_mesh_landmarks, portraits  # noqa: E402
from masking.core.errors import ItemError  # noqa: E402
from masking.preparation.loose_crop import LOOSE_MARGIN, prepare  # noqa: E402

VIDEOS, FRAMES = 12, 9
WIDTH, HEIGHT = 1280, 1180
COLORS = 256


def altered(portrait: npt.NDArray[np.uint8], choice: np.random.Generator) -> npt.NDArray[np.uint8]:
    """`portrait` (H, W, 3), turned, brighter or darker, noisy, some of it blurred."""
    height, width = portrait.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), choice.uniform(-25, 25), 1)
    turned = cv2.warpAffine(portrait, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    noise = choice.normal(0, choice.choice([0, 8, 25]), portrait.shape)
    frame = np.clip(turned * choice.uniform(0.35, 1.3) + noise, 0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(frame, (0, 0), choice.uniform(1, 5)) if choice.random() < 0.3 else frame
    return np.asarray(blurred, dtype=np.uint8)


def make_tree(folder: Path) -> None:
    """Fill `folder` with prepared images."""
    find_landmarks, choice = face_mesh_landmarks(), np.random.default_rng(3)
    for identity, portrait in portraits().items():
        for number in range(VIDEOS * FRAMES):
            video = folder / identity / str(number // FRAMES + 1)
            video.mkdir(parents=True, exist_ok=True)
            frame = altered(portrait, choice)
            margin, offset = LOOSE_MARGIN * choice.uniform(0.6, 1.4), tuple(choice.uniform(-0.15, 0.15, 2))
            try:
                crop = prepare(frame, find_landmarks, margin, offset)
            except ItemError:
                crop = cv2.resize(frame, (224, 224))
            Image.fromarray(crop).save(video / f"{identity}_{number:03d}_prep.png")


def main() -> None:
    """Make the tree, mask it, and photograph the page."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        make_tree(Path(folder, "query"))
        face_mesh = ["RECONSTRUCTION.RECONSTRUCTOR=facemesh", "LANDMARKS.LANDMARK_DETECTOR=facemesh"]
        settings = [word for setting in face_mesh for word in ("--set", setting)]
        batch_process(["--input-folder", f"{folder}/query", "--output-folder", f"{folder}/output", *settings])
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(Path(folder, "output", "report.html").as_uri())
        page.select_option("#order", "survivor")
        page.wait_for_timeout(1000)
        page.screenshot(path=f"{folder}/page.png")
        browser.close()
        with Image.open(f"{folder}/page.png") as picture:
            small = picture.convert("RGB").quantize(COLORS, method=Image.Quantize.MEDIANCUT)
            small.save(PROJECT_FOLDER / "docs" / "pictures" / "report.png", optimize=True)


if __name__ == "__main__":
    main()
