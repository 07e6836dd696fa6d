#!/usr/bin/env bash
# Write requirements.txt and requirements-dev.txt anew from pyproject.toml: exact versions with hashes, for every Python
# and platform that pyproject.toml names. Versions that are pinned already stay, unless --upgrade is given.
set -euo pipefail
cd "$(dirname "$0")/.."
common=(--universal --no-strip-extras --python-version 3.10 --generate-hashes --no-annotate --custom-compile-command "scripts/lock.sh" --quiet)
uv pip compile "${common[@]}" "$@" pyproject.toml --output-file requirements.txt
uv pip compile "${common[@]}" "$@" --extra dev --constraints requirements.txt pyproject.toml --output-file requirements-dev.txt
