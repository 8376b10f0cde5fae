#!/usr/bin/env python3
"""The language server in real editors, without a screen: a finding is shown, its fix made through the editor, the file saved and clean.

Usage: editors.py [--ringfence PROGRAM] [--only NAMES] [--require-all]

PROGRAM is target/debug/ringfence unless given. The configurations and the two screens are those of docs/editors.md
(RINGFENCE_UPDATE_DOCS=1 rewrites the screens). NAMES, with commas between them, are `neovim` (two versions: Debian's, and a newer one
from PyPI), `emacs` (Debian's), `vscode` (the extension's package, in Node), and `code-server` (the extension in a real VS Code, which
takes minutes and is run only when it is named). What is missing is installed by apt, as root. An editor that cannot be had is left
out, and that is said; `--require-all` makes it a failure. Needs Linux, Python 3.9 with venv, node 20 with npm, and the registries."""
import argparse
import pathlib
import subprocess
import sys

import editors_emacs
import editors_host
import editors_neovim
import editors_vscode
from editors_scratch import Missing
from tools import ROOT, TARGET

EDITORS = {"neovim": editors_neovim.main, "emacs": editors_emacs.main, "vscode": editors_vscode.main, "code-server": editors_host.main}
USUAL = ["neovim", "emacs", "vscode"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ringfence", type=pathlib.Path, default=TARGET / "debug/ringfence", metavar="PROGRAM")
    parser.add_argument("--only", type=lambda names: names.split(","), default=USUAL, metavar="NAMES")
    parser.add_argument("--require-all", action="store_true")
    args = parser.parse_args()
    program = args.ringfence.resolve()
    if not program.is_file():
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=ROOT, check=True)
    left_out = []
    for name in args.only:
        try:
            EDITORS[name](program)
        except Missing as why:
            left_out.append(name)
            print(f"NOT RUN: {name}: {why}")
    if left_out and args.require_all:
        sys.exit(f"these had to run: {', '.join(left_out)}")


if __name__ == "__main__":
    main()
