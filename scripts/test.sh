#!/usr/bin/env bash
# From a clone and nothing but a Python 3.10 to 3.13: install everything into .venv and run the tests. What is given here
# goes to pytest, as `bash scripts/test.sh -k hull`. Tests that need a browser or OpenDR are skipped where these are
# missing, and counted. With COVERAGE=yes the branches that they reach are counted too, which takes longer. Safe to run
# twice.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

make_environment requirements-dev.txt
say "Running the tests on all cores"
if [ $# -eq 0 ] && [ -n "${COVERAGE:-}" ]; then
    set -- --cov
fi
"$python" -m pytest -n auto "$@"
