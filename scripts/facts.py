#!/usr/bin/env python3
"""The sizes of the program and of its wheel in README's facts: fails when one is off by more than 0.2 MB, or when the wheel takes
ten times as long to install as README says; `--write` corrects them.

The number of crates there is checked by tests/dependencies.rs, and corrected here too."""
import os
import pathlib
import re
import subprocess
import sys

import wheel

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
    built = wheel.build()
    told = {"the program": size, "the wheel": built.stat().st_size / 1e6}
    seconds = wheel.check(built)
    path = ROOT / "README.md"
    text = path.read_text()
    found = re.search(r"<!-- facts -->(.*?)<!-- end of facts -->", text, re.S)
    stated = re.findall(r"([\d.]+) MB", found[1]) if found else []
    slow = re.search(r"(\d+) seconds", found[1]) if found else None
    if len(stated) != len(told) or slow is None:
        sys.exit("README.md has no facts that tell the sizes and the time")
    for (name, real), said in zip(told.items(), stated):
        print(f"{name} has {real:.1f} MB (README: {said})")
    print(f"the program is built from {crates} crates; pip takes {seconds:.1f} s for the wheel (README: {slow[1]})")
    if "--write" in sys.argv[1:]:
        sizes = iter(told.values())
        new = re.sub(r"[\d.]+ MB", lambda _: f"{next(sizes):.1f} MB", found[0])
        new = re.sub(r"\d+ crates", f"{crates} crates", new)
        new = re.sub(r"\d+ seconds", f"{max(2, round(seconds))} seconds", new)
        path.write_text(text.replace(found[0], new))
    elif any(abs(float(said) - real) > 0.2 for said, real in zip(stated, told.values())):
        sys.exit("README.md tells another size: `scripts/facts.py --write` corrects it")
    elif seconds > 10 * float(slow[1]):
        sys.exit("pip takes much longer than README.md tells: `scripts/facts.py --write` corrects it")


if __name__ == "__main__":
    main()
