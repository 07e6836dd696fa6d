"""Workers that are of another version, or know nothing of the project, and a cluster that speaks TLS."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode
from tests.pipeline.engines.killing import copy_images, outputs

DASK = [sys.executable, "-m", "dask"]
NO_PAGES = ["--dashboard-address", "127.0.0.1:0"]
LIGHT = "LIGHT_INTENSITIES = np.array([1.0, 1.0, 0.7])"


@contextmanager
def scheduler(folder: Path, environment: Mapping[str, str], *more: str) -> Iterator[str]:
    """A scheduler on loopback, and its address."""
    command = [*DASK, "scheduler", "--host", "127.0.0.1", "--port", "0", *NO_PAGES, *more]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = None
        while address is None:
            line = process.stderr.readline()
            assert line, "the scheduler ended"
            address = re.search(r"Scheduler at: +(\w+://\S+)", line)
        yield address[1]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@contextmanager
def worker(folder: Path, environment: Mapping[str, str], address: str, *more: str) -> Iterator[None]:
    command = [*DASK, "worker", address, "--nthreads", "1", *NO_PAGES, *more]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as process:
        yield
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def with_project(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}


def run(folder: Path, address: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), "--input-folder", str(folder / "query")]
    command += ["--output-folder", str(folder / "output"), "--set", f"RUN.SCHEDULER={address}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def tree(example_trees: Path, tmp_path: Path) -> Path:
    copy_images(sorted(example_trees.rglob("*_prep.png")), 4, tmp_path / "query")
    return tmp_path


def test_a_worker_with_another_light_is_refused(tree: Path) -> None:
    other = tree / "other version"
    shutil.copytree(PROJECT_FOLDER / "masking", other / "masking", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("batch_helper.py", "landmark_cropping.py"):
        shutil.copy(PROJECT_FOLDER / name, other)
    shading = other / "masking" / "rendering" / "shading.py"
    assert LIGHT in shading.read_text()
    shading.write_text(shading.read_text().replace(LIGHT, LIGHT.replace("0.7", "0.1")))
    ours, theirs = with_project(PROJECT_FOLDER), with_project(other)
    with scheduler(tree, ours) as address, worker(tree, theirs, address):
        code, said = run(tree, address)
    assert code == ExitCode.CLUSTER, said
    assert "a worker's version differs (the program's own code has changed)" in said
    assert "Traceback" not in said
    assert list((tree / "query").rglob("*_overlay.png")) == []


def test_a_worker_without_the_project_is_reported(tree: Path) -> None:
    (tree / "elsewhere").mkdir()
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # The project may be installed here; what stands in its place shows what a worker without it shows.
    shadow = tree / "shadow"
    (shadow / "masking").mkdir(parents=True)
    (shadow / "masking" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'masking'\")")
    without = {**bare, "PYTHONPATH": str(shadow)}
    with scheduler(tree, with_project(PROJECT_FOLDER)) as address, worker(tree / "elsewhere", without, address):
        code, said = run(tree, address)
    assert code == ExitCode.CLUSTER, said
    assert "Install it on every node" in said or "need this project in this version" in said
    assert "Traceback" not in said


def make_certificates(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """An authority, and a certificate and key that it signed."""
    folder.mkdir()
    for subject, more in (("ca", []), (name, ["-CA", "ca.pem", "-CAkey", "ca.key"])):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", f"/CN={subject}", "-keyout", f"{subject}.key", "-out", f"{subject}.pem", *more],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
    return folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key"


def tls_settings(authority: Path, certificate: Path, key: Path) -> dict[str, str]:
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    return {
        f"{prefix}CA_FILE": str(authority),
        f"{prefix}CLIENT__CERT": str(certificate),
        f"{prefix}CLIENT__KEY": str(key),
    }


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_a_cluster_that_speaks_tls_masks_and_outsiders_are_refused(tree: Path) -> None:
    authority, certificate, key = make_certificates(tree / "ours", "cluster")
    strangers = make_certificates(tree / "strangers", "cluster")
    options = ["--tls-ca-file", str(authority), "--tls-cert", str(certificate), "--tls-key", str(key)]
    environment = with_project(PROJECT_FOLDER)
    with scheduler(tree, environment, "--protocol", "tls", *options) as address:
        assert address.startswith("tls://")
        with worker(tree, environment, address, *options):
            code, said = run(tree, address, {**environment, **tls_settings(*strangers)})
            assert code == ExitCode.CLUSTER, said
            code, said = run(tree, address, {**environment, **tls_settings(authority, certificate, key)})
            assert code == ExitCode.ALL_DONE, said
    assert len(outputs(tree / "query")) == 4 * 4
