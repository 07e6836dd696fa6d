#!/usr/bin/env bash
# Installs the real OpenDR, for RENDERING.RENDERER = opendr, into the active Python environment.
#
#   bash scripts/install_opendr.sh                 the environment whose `python` or `python3` comes first
#   PYTHON=/path/to/python bash scripts/install_opendr.sh
#
# Debian 12 and Ubuntu, Python 3.10 to 3.12. Root or sudo is needed only where system packages are missing.
# What is there already stays as it is, so it is safe to run twice.
set -euo pipefail

PYTHON=${PYTHON:-$(command -v python || command -v python3)}
OPENDR="opendr==0.78"
# opendr asks for chumpy, whose last release doesn't import on Python 3.11; this is the same module, fixed.
CHUMPY="chumpy-fixed==0.71"

say() { echo "install_opendr: $*"; }
fail() { echo "install_opendr: $*" >&2; exit 1; }

works() {
    # Nothing but what the renderer itself does; a new process, so that no other library's LLVM is in it.
    "$PYTHON" -W ignore -c 'import ctypes; ctypes.CDLL("libOSMesa.so.8"); import opendr.renderer' 2>/dev/null
}

check_python() {
    "$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' ||
        fail "OpenDR's C code compiles on Python 3.10 to 3.12, and $PYTHON is $("$PYTHON" -V)." \
            "Use an environment with one of those, or stay with RENDERER = builtin, which draws the same."
    "$PYTHON" -c 'import cv2, numpy, scipy' 2>/dev/null ||
        fail "install the project's own requirements into this environment first: $PYTHON -m pip install -r requirements.txt"
    "$PYTHON" -c 'import numpy, sys; sys.exit(tuple(map(int, numpy.__version__.split(".")[:2])) >= (2, 5))' ||
        fail "OpenDR's C code compiles with NumPy up to 2.4: $PYTHON -m pip install 'numpy<2.5'"
}

missing_system_packages() {
    local include
    include=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    [ -e /usr/include/GL/osmesa.h ] || echo libosmesa6-dev
    [ -e /usr/include/GL/glu.h ] || echo libglu1-mesa-dev
    command -v gcc >/dev/null || echo gcc
    [ -e /usr/include/stdio.h ] || echo libc6-dev
    [ -e /usr/lib/gcc ] && compgen -G "/usr/lib/gcc/*/*/libstdc++.so" >/dev/null || echo libstdc++-12-dev
    [ -e "$include/Python.h" ] || echo "python$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-dev"
}

install_system_packages() {
    local packages sudo=""
    mapfile -t packages < <(missing_system_packages)
    if [ ${#packages[@]} -eq 0 ]; then
        say "all system packages are there"
        return
    fi
    command -v apt-get >/dev/null || fail "please install what your system calls these Debian packages: ${packages[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        sudo=$(command -v sudo) ||
            fail "ask your administrator for: apt-get install --no-install-recommends ${packages[*]}"
    fi
    say "installing system packages with ${sudo:+sudo }apt-get: ${packages[*]}"
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

install_python_packages() {
    local build
    build=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$build'" EXIT
    say "building $OPENDR against this environment's NumPy, with tools that are gone afterwards (half a minute)"
    "$PYTHON" -m pip install -q --disable-pip-version-check --target "$build/tools" "cython<3" wheel "setuptools<81"
    # No cache: pip would take a wheel that was built against another NumPy.
    PYTHONPATH="$build/tools" "$PYTHON" -m pip wheel -q --disable-pip-version-check --no-cache-dir \
        --no-build-isolation --no-deps -w "$build/wheels" "$OPENDR" "$CHUMPY"
    say "installing opendr, chumpy-fixed and six into $("$PYTHON" -c 'import sys; print(sys.prefix)')"
    "$PYTHON" -m pip install -q --disable-pip-version-check --no-deps --force-reinstall "$build"/wheels/*.whl
    "$PYTHON" -m pip install -q --disable-pip-version-check six
}

[ -n "$PYTHON" ] || fail "no python was found; name one: PYTHON=/path/to/python bash $0"
if works; then
    say "OpenDR works in $("$PYTHON" -c 'import sys; print(sys.prefix)') already; nothing to do"
    exit 0
fi
check_python
install_system_packages
install_python_packages
works || fail "OpenDR was installed but does not import: $("$PYTHON" -W ignore -c 'import opendr.renderer' 2>&1 | tail -1)"
say "done. Use it with: python batch_process.py --set RENDERING.RENDERER=opendr"
