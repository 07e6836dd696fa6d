# For demo.sh and test.sh, which source it: `make_environment LOCK` installs what LOCK pins into .venv, and sets `python`
# to that environment's. What is there already stays, so it is safe to run twice, also after it was interrupted.

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

is_supported() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null
}

# A Python 3.10 to 3.13: the one that PYTHON names, else python3, else the first that the path has.
find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        is_supported "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.10 to 3.13"
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.10 python; do
        if is_supported "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.10 to 3.13 was found; name one: PYTHON=/path/to/python3 bash $0"
}

make_environment() {
    local lock=$1 base quiet=()
    python=.venv/bin/python
    if ! { is_supported "$python" && "$python" -m pip --version > /dev/null 2>&1; }; then
        base=$(find_python)
        say "Making .venv with $("$base" -V)"
        "$base" -m venv --clear .venv ||
            fail "$base can't make virtual environments. On Debian and Ubuntu: apt install python3-venv; then run this again"
    fi
    if cmp -s "$lock" ".venv/$lock"; then
        say "Looking whether everything that $lock pins is still in .venv"
        quiet=(--quiet)
    else
        say "Installing what $lock pins into .venv; at the end pip is silent for up to a minute while it unpacks"
    fi
    "$python" -m pip --disable-pip-version-check install ${quiet[@]+"${quiet[@]}"} --require-hashes -r "$lock" ||
        fail "the packages could not be installed; what pip says is above. Once that is mended, run this again"
    cp "$lock" ".venv/$lock"
}
