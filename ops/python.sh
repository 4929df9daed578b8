# Sourced by ops/run and ops/test: a Python 3.11 or newer, and a private environment from a hash-locked list.
# One clear line, and nothing half done, when something is missing.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"; return 0
        fi
    done
    die "Ijwi needs Python 3.11 or newer. On Debian or Ubuntu: sudo apt-get install python3 python3-venv"
}

# Forget what this shell has set for other programs: it would take our modules away, turn a debugger on in front of
# callers, or let the web listen elsewhere.
ours_alone() {
    for name in $(env | sed -nE 's/^((PYTHON|FLASK_|GRANIAN_)[A-Za-z0-9_]*)=.*/\1/p'); do unset "$name"; done
}

# environment LOCK: make .venv match the lock; half a second when it does already.
environment() {
    lock=$1
    if [ -f .venv/lock ] && cmp -s "$lock" .venv/lock; then return 0; fi
    if [ "$lock" = ops/requirements.lock ] && [ -f .venv/lock ] && cmp -s ops/dev.lock .venv/lock; then return 0; fi
    python=$(find_python) || exit 1
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        die "Python lacks its venv module. On Debian or Ubuntu: sudo apt-get install python3-venv"
    say "Installing what Ijwi needs (once; about a minute) ..."
    [ -x .venv/bin/python ] || "$python" -m venv .venv ||
        die "Could not make .venv here: is the disk full, or the folder read-only?"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock" 2>.venv/pip.log ||
        die "Could not install the packages: no network, or the disk is full? The reason is in .venv/pip.log"
    cp "$lock" .venv/lock
}
