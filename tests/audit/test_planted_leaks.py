"""Leaks of many kinds, planted into a finished tree: the audit finds each by what it sees, not by what was recorded."""

from __future__ import annotations

import io
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from batch_process import main as batch_process
from masking.core.errors import ExitCode
from masking.dataset.png import encode_png
from tests.audit.command import audit
from tests.audit.test_audit import Tree

LUMA = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def finished(example_trees: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As test_audit's, with parameters and arrays. Without the journal, which alone would tell of any change."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(example_trees / "query", folder / "query")
    arguments = ["--input-folder", str(folder / "query"), "--output-folder", str(folder / "output")]
    arguments += ["--set", "OUTPUT.SAVE_PARAMETERS=yes", "--set", "OUTPUT.SAVE_ARRAYS=yes"]
    assert batch_process(arguments) == ExitCode.ALL_DONE
    (folder / "output" / "journal").unlink()
    return folder


class Leak(Tree):
    """A finished tree, of which one image's files are at hand, beside the photo and in the backup."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        place = self.photo_file.parent.relative_to(folder / "query")
        self.backup = folder / "output" / "images" / place
        self.drawn = (self.mask != 255).any(axis=2)
        self.grey = self.photo @ LUMA

    def write(self) -> None:
        """Overlay and mask, as this program encodes them, in both places, and as arrays."""
        for path, picture in ((self.overlay_file, self.overlay), (self.mask_file, self.mask)):
            path.write_bytes(encode_png(picture))
            self.copy(path)
            np.save(self.backup / f"{path.stem}.npy", picture)

    def copy(self, path: Path) -> None:
        shutil.copy(path, self.backup / path.name)

    def lay(self, picture: np.ndarray, where: np.ndarray | None = None) -> None:
        """Lay `picture` (H, W) or (H, W, 3) over overlay and mask where the mask is drawn."""
        where = self.drawn if where is None else where & self.drawn
        laid = np.clip(np.rint(picture), 0, 254).astype(np.uint8)
        laid = laid if laid.ndim == 3 else np.repeat(laid[:, :, None], 3, axis=2)
        self.overlay[where] = self.mask[where] = laid[where]
        self.write()

    def chunks(self, change: Callable[[list[tuple[bytes, bytes]]], bytes | None]) -> None:
        """Rewrite the overlay's chunks; `change` returns what comes behind the end."""
        content = self.overlay_file.read_bytes()
        found, place = [], 8
        while place < len(content):
            (length,) = struct.unpack_from(">I", content, place)
            found.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
            place += 12 + length
        behind = change(found) or b""
        body = b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in found
        )
        self.overlay_file.write_bytes(content[:8] + body + behind)
        self.copy(self.overlay_file)

    @property
    def photo_bytes(self) -> bytes:
        return self.photo_file.read_bytes()


@pytest.fixture
def leak(finished: Path, tmp_path: Path) -> Leak:
    return Leak(Path(shutil.copytree(finished, tmp_path / "finished")))


def blended(strength: float) -> Callable[[Leak], None]:
    def plant(leak: Leak) -> None:
        leak.lay((1 - strength) * leak.overlay + strength * leak.grey[:, :, None])

    plant.__name__ = f"the grey photo inside the hull at {strength:.0%}"
    return plant


def low_bits(bits: int, of_grey: bool) -> Callable[[Leak], None]:
    def plant(leak: Leak) -> None:
        source = leak.grey.astype(np.uint8)[:, :, None] if of_grey else leak.photo
        leak.lay(leak.overlay >> bits << bits | source >> (8 - bits))

    plant.__name__ = f"the {'grey ' if of_grey else ''}photo in the {bits} lowest bits"
    return plant


def the_negative_photo(leak: Leak) -> None:
    leak.lay(0.5 * leak.overlay + 0.5 * (255 - leak.grey[:, :, None]))


def the_photos_detail(leak: Leak) -> None:
    blurred = cv2.GaussianBlur(leak.grey, (0, 0), 4)
    leak.lay(leak.overlay + 0.7 * (leak.grey - blurred)[:, :, None])


def the_coloured_photo_in_the_mask_only(leak: Leak) -> None:
    leak.mask[leak.drawn] = leak.photo[leak.drawn]
    leak.write()


def a_bare_eye_band_as_if_of_two_faces(leak: Leak) -> None:
    rows = np.nonzero(leak.drawn.any(axis=1))[0]
    low, high = (int(rows[0] + share * (rows[-1] - rows[0])) for share in (0.30, 0.50))
    leak.overlay[low:high] = leak.photo[low:high]
    leak.mask[low:high] = 255
    leak.write()
    leak.edit_outcomes(lambda rows: rows[1].update(masked_faces="2"))


def a_photo_among_the_backups_pictures(leak: Leak) -> None:
    shutil.copy(leak.photo_file, leak.backup / "notes.png")


def the_photo_under_its_own_name_in_the_backup(leak: Leak) -> None:
    shutil.copy(leak.photo_file, leak.backup / leak.photo_file.name)


def the_photo_as_the_backups_overlay(leak: Leak) -> None:
    (leak.backup / leak.overlay_file.name).write_bytes(encode_png(leak.photo))


def the_photo_as_the_backups_array(leak: Leak) -> None:
    np.save(leak.backup / f"{leak.overlay_file.stem}.npy", leak.photo)


def a_photo_beside_the_records(leak: Leak) -> None:
    shutil.copy(leak.photo_file, leak.folder / "output" / "old_report.html")


def a_folder_of_photos_in_the_output_folder(leak: Leak) -> None:
    shutil.copytree(leak.photo_file.parent, leak.folder / "output" / "thumbnails" / "1")


def a_text_chunk_after_the_pixels(leak: Leak) -> None:
    leak.chunks(lambda chunks: chunks.insert(-1, (b"tEXt", b"Comment\0" + leak.photo_bytes)))


def a_private_chunk(leak: Leak) -> None:
    leak.chunks(lambda chunks: chunks.insert(1, (b"phTo", leak.photo_bytes)))


def a_private_chunk_after_the_pixels(leak: Leak) -> None:
    leak.chunks(lambda chunks: chunks.insert(-1, (b"phTo", leak.photo_bytes)))


def an_exif_chunk(leak: Leak) -> None:
    leak.chunks(lambda chunks: chunks.insert(1, (b"eXIf", b"MM\0*" + leak.photo_bytes)))


def a_colour_profile(leak: Leak) -> None:
    leak.chunks(lambda chunks: chunks.insert(1, (b"iCCP", b"p\0\0" + zlib.compress(leak.photo_bytes))))


def a_palette(leak: Leak) -> None:
    leak.chunks(lambda chunks: chunks.insert(1, (b"PLTE", bytes(range(255)))))


def bytes_behind_the_end(leak: Leak) -> None:
    leak.chunks(lambda chunks: leak.photo_bytes)


def bytes_in_the_end(leak: Leak) -> None:
    leak.chunks(lambda chunks: chunks.__setitem__(-1, (b"IEND", leak.photo_bytes)))


def bytes_behind_the_pixels(leak: Leak) -> None:
    leak.chunks(lambda chunks: chunks.insert(-1, (b"IDAT", leak.photo_bytes)))


def more_rows_than_are_shown(leak: Leak) -> None:
    def change(chunks: list[tuple[bytes, bytes]]) -> None:
        pixels = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
        chunks[1:-1] = [(b"IDAT", zlib.compress(pixels + leak.photo.tobytes()))]

    leak.chunks(change)


def sixteen_bits_with_the_photo_in_the_low_bytes(leak: Leak) -> None:
    deep = leak.overlay.astype(np.uint16) << 8 | leak.photo
    done, content = cv2.imencode(".png", cv2.cvtColor(deep, cv2.COLOR_RGB2BGR))
    assert done
    leak.overlay_file.write_bytes(content.tobytes())
    leak.copy(leak.overlay_file)


def an_alpha_channel(leak: Leak) -> None:
    alpha = np.dstack([leak.overlay, 255 - leak.grey.astype(np.uint8) // 64])
    Image.fromarray(alpha, "RGBA").save(leak.overlay_file)
    leak.copy(leak.overlay_file)


def an_animation_with_the_photo_in_its_second_frame(leak: Leak) -> None:
    frames = [Image.fromarray(picture) for picture in (leak.overlay, leak.photo)]
    frames[0].save(leak.overlay_file, save_all=True, append_images=frames[1:], format="PNG")
    leak.copy(leak.overlay_file)


def a_jpeg_as_the_mask(leak: Leak) -> None:
    Image.fromarray(leak.mask).save(leak.mask_file, format="JPEG", quality=100)
    leak.copy(leak.mask_file)


def a_visualization_without_a_record(leak: Leak) -> None:
    shutil.copy(leak.photo_file, leak.photo_file.with_name(leak.photo_file.stem + "_visualization.png"))


def a_texture_without_a_record(leak: Leak) -> None:
    leak.photo_file.with_name(leak.photo_file.stem + "_texture.png").write_bytes(encode_png(leak.photo))


def a_visualization_in_the_backup(leak: Leak) -> None:
    (leak.backup / f"{leak.photo_file.stem}_visualization.png").write_bytes(encode_png(leak.photo))


def a_photo_in_the_meshs_comment(leak: Leak) -> None:
    mesh = leak.photo_file.with_name(leak.photo_file.stem + "_mesh.obj")
    mesh.write_bytes(b"# " + leak.photo_bytes.hex().encode() + b"\n" + mesh.read_bytes())


def pixels_as_further_vertices(leak: Leak) -> None:
    mesh = leak.photo_file.with_name(leak.photo_file.stem + "_mesh.obj")
    colors = leak.photo[::4, ::4].reshape(-1, 3) / 255
    vertices = "".join(f"v {red:.6f} {green:.6f} {blue:.6f}\n" for red, green, blue in colors)
    mesh.write_bytes(vertices.encode() + mesh.read_bytes())


def digits_beyond_the_sixth(leak: Leak) -> None:
    mesh = leak.photo_file.with_name(leak.photo_file.stem + "_mesh.obj")
    mesh.write_bytes(mesh.read_bytes().replace(b" ", b"01 ", 5).replace(b"v01 ", b"v "))


def the_photo_among_the_parameters(leak: Leak) -> None:
    path = leak.photo_file.with_name(leak.photo_file.stem + "_params.npz")
    with np.load(path) as numbers:
        kept = {name: numbers[name] for name in numbers.files}
    content = io.BytesIO()
    np.savez(content, **kept, photo=leak.photo)
    path.write_bytes(content.getvalue())


def bytes_behind_the_parameters(leak: Leak) -> None:
    path = leak.photo_file.with_name(leak.photo_file.stem + "_params.npz")
    path.write_bytes(leak.photo_bytes + path.read_bytes())


def an_overlay_that_is_a_link(leak: Leak) -> None:
    elsewhere = leak.folder / "elsewhere.png"
    leak.overlay_file.rename(elsewhere)
    leak.overlay_file.symlink_to(elsewhere)


def a_backup_that_is_a_link_to_the_photo(leak: Leak) -> None:
    path = leak.backup / leak.overlay_file.name
    path.unlink()
    path.symlink_to(leak.photo_file)


def a_linked_folder_among_the_backups(leak: Leak) -> None:
    (leak.folder / "output" / "images" / "more").symlink_to(leak.photo_file.parent)


def an_overlay_without_a_photo(leak: Leak) -> None:
    leak.photo_file.with_name("ghost_prep_overlay.png").write_bytes(encode_png(leak.photo))


def a_backup_without_a_photo(leak: Leak) -> None:
    (leak.backup / "ghost_prep_overlay.png").write_bytes(encode_png(leak.photo))


def a_backup_of_an_unknown_person(leak: Leak) -> None:
    shutil.copytree(leak.backup, leak.folder / "output" / "images" / "Eve" / "1")


SEEN_BY_THEMSELVES = [
    blended(1.0), blended(0.75), blended(0.5), blended(0.3), low_bits(1, True), low_bits(2, True), low_bits(3, True),
    low_bits(1, False), low_bits(2, False), low_bits(3, False), the_negative_photo, the_photos_detail,
    the_coloured_photo_in_the_mask_only, a_bare_eye_band_as_if_of_two_faces, a_photo_among_the_backups_pictures,
    the_photo_under_its_own_name_in_the_backup, the_photo_as_the_backups_overlay, the_photo_as_the_backups_array,
    a_photo_beside_the_records, a_folder_of_photos_in_the_output_folder, a_text_chunk_after_the_pixels, a_private_chunk,
    a_private_chunk_after_the_pixels, an_exif_chunk, a_colour_profile, a_palette, bytes_behind_the_end,
    bytes_in_the_end, bytes_behind_the_pixels, more_rows_than_are_shown, sixteen_bits_with_the_photo_in_the_low_bytes,
    an_alpha_channel, an_animation_with_the_photo_in_its_second_frame, a_jpeg_as_the_mask,
    a_visualization_without_a_record, a_texture_without_a_record, a_visualization_in_the_backup,
    a_photo_in_the_meshs_comment, pixels_as_further_vertices, digits_beyond_the_sixth, the_photo_among_the_parameters,
    bytes_behind_the_parameters, an_overlay_that_is_a_link, a_backup_that_is_a_link_to_the_photo,
    a_linked_folder_among_the_backups, an_overlay_without_a_photo, a_backup_without_a_photo,
    a_backup_of_an_unknown_person,
]  # fmt: skip


# What a mask looks like that is a sound one, but not this photo's.


def laid(leak: Leak, mask: np.ndarray) -> None:
    drawn = (mask != 255).any(axis=2)
    leak.mask, leak.overlay = mask, leak.photo.copy()
    leak.overlay[drawn] = mask[drawn]
    leak.write()


def another_persons_mask(leak: Leak) -> None:
    others = [path for path in leak.folder.rglob("*_mask_only.png") if path.parts[-3] not in str(leak.mask_file)]
    laid(leak, np.array(Image.open(min(others))))


def moved(down: int) -> Callable[[Leak], None]:
    def plant(leak: Leak) -> None:
        shifted = np.full_like(leak.mask, 255)
        shifted[down:] = leak.mask[:-down]
        laid(leak, shifted)

    plant.__name__ = f"a mask {down} pixels too low"
    return plant


def a_mask_that_leaves_the_eyes_bare(leak: Leak) -> None:
    mask = leak.mask.copy()
    rows = np.nonzero(leak.drawn.any(axis=1))[0]
    mask[: int(rows[0] + 0.5 * (rows[-1] - rows[0]))] = 255
    laid(leak, mask)


def a_small_mask_on_the_chin(leak: Leak) -> None:
    rows, columns = np.nonzero(leak.drawn)
    face = leak.mask[rows.min() : rows.max(), columns.min() : columns.max()]
    small = cv2.resize(face, None, fx=0.35, fy=0.35, interpolation=cv2.INTER_NEAREST)
    mask = np.full_like(leak.mask, 255)
    left = (columns.min() + columns.max() - small.shape[1]) // 2
    mask[rows.max() - small.shape[0] : rows.max(), left : left + small.shape[1]] = small
    laid(leak, mask)


def a_mirrored_mask(leak: Leak) -> None:
    laid(leak, leak.mask[:, ::-1].copy())


def another_mesh(leak: Leak) -> None:
    name = f"{leak.photo_file.stem}_mesh.obj"
    other = next(path for path in sorted(leak.folder.rglob("query/**/*_mesh.obj")) if path.name != name)
    for path in (leak.photo_file.with_name(name), *leak.folder.rglob(f"output/mesh/**/{name}")):
        shutil.copy(other, path)


SEEN_BY_MASKING_ONCE_MORE = [
    another_persons_mask, moved(25), moved(60), a_mask_that_leaves_the_eyes_bare, a_small_mask_on_the_chin,
    a_mirrored_mask, another_mesh, blended(0.1), blended(0.03),
]  # fmt: skip


def found(leak: Leak, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    code = audit([str(leak.folder / "query"), "--output-folder", str(leak.folder / "output"), *more])
    said = capsys.readouterr().out
    assert code == ExitCode.SOME_NOT_DONE, said
    return said


@pytest.mark.parametrize("plant", SEEN_BY_THEMSELVES, ids=lambda plant: plant.__name__)
def test_what_is_seen_by_itself(leak: Leak, plant: Callable[[Leak], None], capsys: pytest.CaptureFixture[str]) -> None:
    plant(leak)
    found(leak, capsys)


@pytest.mark.parametrize("plant", SEEN_BY_MASKING_ONCE_MORE, ids=lambda plant: plant.__name__)
def test_what_is_seen_by_masking_once_more(
    leak: Leak, plant: Callable[[Leak], None], capsys: pytest.CaptureFixture[str]
) -> None:
    plant(leak)
    assert "masked again" in found(leak, capsys, "--rerun")


@pytest.mark.parametrize("more", [[], ["--rerun"]])
def test_nothing_is_found_where_nothing_was_planted(
    finished: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit([str(finished / "query"), "--output-folder", str(finished / "output"), *more]) == ExitCode.ALL_DONE
    assert "6 prepared images and their outcomes checked, 0 faults found" in capsys.readouterr().out


def test_where_the_journal_is_there_any_change_is_reported(
    example_trees: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(example_trees / "query", tmp_path / "query")
    arguments = ["--input-folder", str(tmp_path / "query"), "--output-folder", str(tmp_path / "output")]
    assert batch_process(arguments) == ExitCode.ALL_DONE
    leak = Leak(tmp_path)
    for path in (leak.overlay_file, leak.backup / leak.overlay_file.name):
        Image.open(path).save(path)
    assert "its SHA-256 differs from the journal's" in found(leak, capsys)


def test_unknown_settings_end_the_second_masking(leak: Leak, capsys: pytest.CaptureFixture[str]) -> None:
    (leak.folder / "output" / "run.json").write_text('{"configuration": {"rendering": {"color": 7}}}')
    arguments = [str(leak.folder / "query"), "--output-folder", str(leak.folder / "output"), "--rerun"]
    assert audit(arguments) == ExitCode.USAGE
    assert "run.json" in capsys.readouterr().err
