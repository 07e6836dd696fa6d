"""`python -m fuzz.run --seconds N`: fuzz each target for N seconds, beginning with its corpus.

With --seed and --inputs instead, the same inputs are tried each time, so that a build does not fail by chance.
Needs atheris: `pip install ".[fuzz]"`. Exit code 0 where no target failed, 1 where one did; the input that made it fail
is kept in --findings and named in the output.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"
INSTRUMENTED = ["masking", "PIL", "pickletools", "numpy.lib"]
TARGETS = ("image", "npy", "pickled_arrays", "ply")
LIMITS = ("-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-timeout=20", "-max_len=65536")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the chosen targets, as many at a time as there are cores."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=15, help="how long, each target (default: 15)")
    parser.add_argument("--inputs", type=int, default=-1, help="how many, each target (default: as many as possible)")
    parser.add_argument("--seed", type=int, default=0, help="of the inputs' draw (default: another each time)")
    parser.add_argument("--target", choices=TARGETS, action="append", help="only this one; may be repeated")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="where failing inputs are kept")
    parser.add_argument("--single", choices=TARGETS, help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args(arguments)
    if options.single:
        fuzz_in_this_process(options.single, rest)
        return 0
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    bounds = [f"-max_total_time={options.seconds}", f"-runs={options.inputs}", f"-seed={options.seed}"]
    names = options.target or TARGETS
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        held = list(pool.map(lambda name: fuzz(name, bounds, options.findings), names))
    failed = [name for name, fine in zip(names, held, strict=True) if not fine]
    print(f"failed: {', '.join(failed)}" if failed else "no target failed", flush=True)
    return 1 if failed else 0


def fuzz(name: str, bounds: Sequence[str], findings: Path) -> bool:
    """Fuzz one target, within libFuzzer's `bounds`, in a process of its own; whether it held.

    New inputs are not kept, failing ones are. What the process says is printed at its end, in one piece.
    """
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as grown:
        command = [sys.executable, "-m", "fuzz.run", "--single", name, *bounds, *LIMITS]
        command += ["-print_final_stats=1", f"-artifact_prefix={findings}/{name}-", grown, str(CORPUS / name)]
        print(f"fuzzing {name}: {' '.join(bounds)}", flush=True)
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603 - ours
    sys.stdout.buffer.write(done.stdout)
    sys.stdout.flush()
    return done.returncode == 0


def fuzz_in_this_process(name: str, libfuzzer_options: Sequence[str]) -> None:
    """Hand the process over to the fuzzer, which ends it."""
    import atheris

    from fuzz.mutation import png_mutator

    # Only what is imported in here is watched, so nothing of it may be imported before.
    with atheris.instrument_imports(include=INSTRUMENTED):
        from fuzz.targets import TARGETS as FUNCTIONS

    # atheris puts the working Mutate in place only as it begins.
    mutator = png_mutator(lambda content, max_size: atheris.Mutate(content, max_size))
    hooks = {"custom_mutator": mutator} if name == "image" else {}
    atheris.Setup(["fuzz", *libfuzzer_options], FUNCTIONS[name], **hooks)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
