#!/usr/bin/env bash
# A second opinion on the search: the same questions, decided by Z3 from the policy's JSON (docs/evidence/second-opinion.md).
#
#   scripts/second-opinion.sh [QUESTIONS] [SEED] [OPTION]...     default: 2000 1
#
# Needs Python 3.9 or newer with `venv` and pip, and the package registry for Z3; fails when one of them is missing.
# PROFILE: the cargo profile of our side (default: release). OPTIONs go to tests/second-opinion/main.py.
set -euo pipefail
cd "$(dirname "$0")/.."
questions=${1:-2000} seed=${2:-1}
shift $(($# < 2 ? $# : 2))
profile=${PROFILE:-release}

command -v python3 > /dev/null || { echo "second opinion: python3 is missing" >&2; exit 2; }
venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT
python3 -m venv "$venv" || { echo "second opinion: no virtual environment could be made" >&2; exit 2; }
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/second-opinion/requirements.txt ||
    { echo "second opinion: Z3 could not be installed" >&2; exit 2; }

cargo build --locked --quiet --profile "$profile" --example second-opinion
folder=$profile
[ "$profile" = dev ] && folder=debug
PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" tests/second-opinion/main.py \
    "${CARGO_TARGET_DIR:-target}/$folder/examples/second-opinion" "$questions" "$seed" "$@"
