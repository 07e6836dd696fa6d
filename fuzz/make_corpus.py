"""`python -m fuzz.make_corpus`: write the inputs that fuzzing begins with, small files of every accepted form."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

CORPUS = Path(__file__).resolve().parent / "corpus"
SIDE = 9


def _picture(mode: str, image_format: str, **options: object) -> bytes:
    levels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    picture = Image.fromarray(levels)
    if mode == "I;16":
        picture = Image.fromarray(levels[:, :, 0].astype(np.uint16) * 257)
    elif mode != "RGB":
        picture = picture.convert(mode)
    file = io.BytesIO()
    picture.save(file, image_format, **options)
    return file.getvalue()


def images() -> Mapping[str, bytes]:
    """Files of every format and mode, with everything that may stand in one besides pixels."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "a comment")
    text.add_itxt("Title", "a title", zip=True)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    frame = Image.new("RGB", (SIDE, SIDE), "red")
    return {
        "rgb.png": _picture("RGB", "PNG"),
        "rgba.png": _picture("RGBA", "PNG"),
        "grey.png": _picture("L", "PNG"),
        "grey_alpha.png": _picture("LA", "PNG"),
        "bits.png": _picture("1", "PNG"),
        "palette.png": _picture("P", "PNG", transparency=3),
        "deep.png": _picture("I;16", "PNG"),
        "text.png": _picture("RGB", "PNG", pnginfo=text, dpi=(72, 72)),
        "exif.png": _picture("RGB", "PNG", exif=exif, icc_profile=b"no real profile"),
        "animated.png": _picture("RGB", "PNG", save_all=True, append_images=[frame]),
        "rgb.jpg": _picture("RGB", "JPEG"),
        "grey.jpg": _picture("L", "JPEG"),
        "cmyk.jpg": _picture("CMYK", "JPEG"),
        "several.jpg": _picture("RGB", "MPO", save_all=True, append_images=[frame]),
        "rgb.bmp": _picture("RGB", "BMP"),
        "palette.bmp": _picture("P", "BMP"),
        "rgb.tif": _picture("RGB", "TIFF", exif=exif),
        "deep.tif": _picture("I;16", "TIFF"),
        "lzw.tif": _picture("RGB", "TIFF", compression="tiff_lzw"),
        "rgb.webp": _picture("RGB", "WEBP", exif=exif),
        "lossless.webp": _picture("RGBA", "WEBP", lossless=True),
        "rgb.avif": _picture("RGB", "AVIF", exif=exif),
        "progressive.jpg": _picture("RGB", "JPEG", progressive=True, exif=exif, comment=b"a comment"),
    }


def pickles() -> Mapping[str, bytes]:
    """Pickles of arrays by today's and by old writers, and one that calls a program."""
    old = import_module("tests.lookalikes.python2_pickle")
    value = {"f": np.arange(6, dtype=np.uint32).reshape(2, 3), "v": np.eye(3), "names": ["a", "b"], "n": (1, 2.5, None)}
    files = {f"protocol_{protocol}.pkl": pickle.dumps(value, protocol) for protocol in (1, 2, 3, 4, 5)}
    files["bytes_that_change.pkl"] = pickle.dumps(bytearray(b"plain"), protocol=5)
    files["python_2.pkl"] = old.python2_pickle({"v_template": np.eye(3), "J": old.Chumpy(np.eye(2))})
    files["program.pkl"] = b"cos\nsystem\n(S'true'\ntR."
    return files


def plys() -> Mapping[str, bytes]:
    """A square of two triangles, ascii and binary."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    header = (
        "ply\nformat {} 1.0\ncomment a square\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 2\nproperty list uchar int vertex_indices\nend_header\n"
    )
    lines = [" ".join(map(str, row)) for row in vertices.tolist()] + [f"3 {a} {b} {c}" for a, b, c in faces.tolist()]
    files = {"ascii.ply": (header.format("ascii") + "\n".join(lines) + "\n").encode()}
    for name, order in (("little", "<"), ("big", ">")):
        rows = np.zeros(2, np.dtype([("count", "u1"), ("corners", f"{order}i4", 3)]))
        rows["count"], rows["corners"] = 3, faces
        head = header.format(f"binary_{name}_endian").encode()
        files[f"{name}.ply"] = head + vertices.astype(f"{order}f4").tobytes() + rows.tobytes()
    return files


def npys() -> Mapping[str, bytes]:
    """Texture data as NumPy saves them, a plain array, and an array of objects."""
    one_texel = import_module("tests.lookalikes.texels").ONE_TEXEL
    content = one_texel | {"ft": np.array([[0, 1, 2], [0, 2, 1]])}
    arrays = {"dict.npy": np.array(content, object), "plain.npy": np.eye(2), "objects.npy": np.array([{}, []], object)}
    files = {}
    for name, array in arrays.items():
        file = io.BytesIO()
        np.save(file, array)
        files[name] = file.getvalue()
    return files


def main() -> int:
    """Write all of them."""
    for name, files in (("image", images()), ("pickled_arrays", pickles()), ("ply", plys()), ("npy", npys())):
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
