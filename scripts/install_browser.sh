#!/usr/bin/env bash
# Install Chromium, in which the report is tested (Debian, Ubuntu). Without it those tests are skipped.
set -euo pipefail
if command -v chromium > /dev/null; then
    echo "Chromium is there already"
    exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update
"${as_root[@]}" apt-get install -y --no-install-recommends chromium fonts-dejavu-core
