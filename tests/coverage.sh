#!/usr/bin/env bash
# Coverage of the package: all tests with compiled code, then the compiled rooms once more as the Python they are
# compiled from, which is what can be traced. Usage: tests/coverage.sh [argument of pytest ..]
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
$python -m coverage erase
$python -m coverage run -m pytest "$@"
kept=$(mktemp --suffix .npz)
trap 'rm -f "$kept"' EXIT
NUMBA_DISABLE_JIT=1 $python -m coverage run tests/plain.py "$kept"
$python -m coverage combine --quiet
$python -m coverage report --skip-covered --sort=cover
