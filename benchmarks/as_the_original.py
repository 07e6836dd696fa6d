"""`--preset original` beside the original's own rules, file by file: names, folders, shapes, types and contents.

Masks photos of all sizes, views made of the example portraits, by the command, and makes of each what the original
makes of it: tests/original/rules.py states its rules anew, with a plain TensorFlow 1 session, the real OpenDR
(scripts/install_opendr.sh) and dlib. Without `--models`, with look-alikes of the downloads. Prints what differs.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs as a script from a checkout that is not installed
from PIL import Image

from tests.original.agreement import Agreement
from tests.original.photos import write_tree
from tests.original.rules import BACKUP, BESIDE, Original


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--photos", type=int, default=26, help="to be made; of those that are masked, files are compared"
    )
    parser.add_argument(
        "--models", type=Path, help="folder with model/, flame_model/ and the predictor's folder, as in a checkout"
    )
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", action="append", default=[], dest="settings")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        return compare(Path(folder), options.models, options.photos, options.settings)


def compare(folder: Path, models: Path | None, count: int, settings: list[str]) -> int:
    if models is None:
        models = folder
        write_lookalikes(models)
    model, flame = models / "model", models / "flame_model"
    predictor = next((models / "shape_predictor_81_face_landmarks").glob("*.dat"))
    tree, output = folder / "query", folder / "output"
    write_tree(tree, count)
    models_of_run = (
        f"RECONSTRUCTION.MODEL_FOLDER={model}",
        f"RECONSTRUCTION.FLAME_FOLDER={flame}",
        f"LANDMARKS.PREDICTOR_FILE={predictor}",
    )
    mask(tree, output, [*models_of_run, *settings])
    agreement, photos = Agreement(), sorted(tree.rglob("*_prep.png"))
    masked = [photo for photo in photos if photo.with_name(f"{photo.stem}_overlay.png").exists()]
    with Original(model, flame, predictor) as original:
        for photo in masked:
            agreement.add(original.make(np.array(Image.open(photo))), original.faces, photo, output)
    report(agreement, len(photos), output)
    return int(bool(agreement.unlike))


def write_lookalikes(folder: Path) -> None:
    command = [sys.executable, "-m", "tests.lookalikes", "--folder", str(folder)]
    subprocess.run(command, check=True, cwd=Path(__file__).resolve().parents[1], stdout=sys.stderr)


def mask(tree: Path, output: Path, settings: list[str]) -> None:
    from batch_process import main as batch_process

    folders = ["--input-folder", str(tree), "--output-folder", str(output), "--preset", "original"]
    with contextlib.redirect_stdout(sys.stderr):
        batch_process([*folders, *(word for setting in settings for word in ("--set", setting))])


def report(agreement: Agreement, photos: int, output: Path) -> None:
    files = len([path for path in output.glob("*/*") if path.is_file()])
    print(f"{photos} photos, {agreement.photos} masked")
    due = agreement.photos * (len(BACKUP) + len(BESIDE))
    print(f"files under the original's names: {agreement.names} of {due}; in OUTPUT_FOLDER's folders: {files}")
    for fault in agreement.unlike:
        print(f"unlike: {fault}")
    least, mean = min(agreement.exact), float(np.mean(agreement.exact))
    print(f"pixels of overlay and mask exactly equal: {mean:.4%} on average, {least:.4%} in the worst photo")
    worst, all_in_all = max(agreement.further), sum(agreement.further)
    print(f"pixels further than one level off: {worst} in the worst photo, {all_in_all} in all")
    print(f"pixels by which the hulls differ: {agreement.hull_pixels}")
    print(f".obj: {agreement.obj_metres:.2g} m at most; parameters: {agreement.parameters:.2g} at most")


if __name__ == "__main__":
    sys.exit(main())
