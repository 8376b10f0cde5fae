#!/usr/bin/env bash
# The outside judge: random policies and requests through Ringfence and through the npm package @cloud-copilot/iam-simulate.
#
#   scripts/judge.sh [COMPARISONS] [SEED]     compare; 5000 comparisons with seed 1 if not said otherwise
#   scripts/judge.sh --self-check             make Ringfence wrong in many ways and see that each is found out
#
# Needs Rust, node and npm with its registry. The package (AGPL) is a separate program here: it is installed into a temporary
# folder, asked over a pipe, and deleted with the folder. Nothing of it is part of Ringfence.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in cargo node npm; do
  command -v "$tool" > /dev/null || { echo "judge: $tool is missing; the comparison needs it" >&2; exit 2; }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp tests/judge/package.json tests/judge/package-lock.json tests/judge/driver.mjs "$folder/"
if ! (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > npm.log 2>&1); then
  cat "$folder/npm.log" >&2
  echo "judge: npm could not install the package; nothing was compared" >&2
  exit 2
fi
cargo run --locked --quiet --example judge -- "$folder" "$@"
