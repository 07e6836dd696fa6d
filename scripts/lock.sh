#!/usr/bin/env bash
# Write the locked requirements again from pyproject.toml: exact versions with hashes, for every Python and platform that
# pyproject.toml names. Versions that are pinned already stay, unless --upgrade is given.
set -euo pipefail
cd "$(dirname "$0")/.."
# What is required with an extra, such as coverage[toml], is pinned with it: pips before 23.3.2 look for another version otherwise.
common=(--universal --no-strip-extras --python-version 3.10 --generate-hashes --no-annotate
    --custom-compile-command "scripts/lock.sh" --quiet)
uv pip compile "${common[@]}" "$@" --extra ringnet pyproject.toml --output-file requirements.txt
uv pip compile "${common[@]}" "$@" --constraints requirements.txt pyproject.toml --output-file requirements-base.txt
uv pip compile "${common[@]}" "$@" --constraints requirements.txt --extra ringnet --extra dev pyproject.toml \
    --output-file requirements-dev.txt
