#!/usr/bin/env python3
"""The size of the program in README's facts: fails when it is off by more than 0.2 MB; `--write` corrects it.

The number of crates there is checked by tests/dependencies.rs, and corrected here too."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def facts():
    """Megabytes of the release binary, and how many crates it is built from."""
    # Built as scripts/performance.py builds it, so that one build serves both.
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet", "--bin", "ringfence",
                    "--example", "policies", "--example", "read_and_parse"], cwd=ROOT, check=True)
    tree = subprocess.run(["cargo", "tree", "--frozen", "--edges=normal", "--prefix=none", "--target=x86_64-unknown-linux-gnu"],
                          cwd=ROOT, check=True, capture_output=True, text=True).stdout
    crates = {tuple(line.split(" ")[:2]) for line in tree.splitlines()}
    return (TARGET / "release" / "ringfence").stat().st_size / 1e6, len(crates) - 1


def main():
    size, crates = facts()
    path = ROOT / "README.md"
    text = path.read_text()
    found = re.search(r"<!-- facts -->(.*?)<!-- end of facts -->", text, re.S)
    if found is None or not (stated := re.search(r"([\d.]+) MB", found[1])):
        sys.exit("README.md has no facts that tell the size")
    print(f"the program has {size:.1f} MB (README: {stated[1]}) and is built from {crates} crates")
    if "--write" in sys.argv[1:]:
        new = re.sub(r"[\d.]+ MB", f"{size:.1f} MB", found[0])
        new = re.sub(r"\d+ crates", f"{crates} crates", new)
        path.write_text(text.replace(found[0], new))
    elif abs(float(stated[1]) - size) > 0.2:
        sys.exit("README.md tells another size: `scripts/facts.py --write` corrects it")


if __name__ == "__main__":
    main()
