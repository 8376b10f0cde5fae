"""The extension for VS Code: packed with the usual tool, and what is in the package run with the real server and the real language
client. Only the module `vscode` is made up (editors/vscode/test/vscode.js); editors_host.py has the real one. For editors.py."""
import json
import os
import re
import shutil
import subprocess
import zipfile

import wheel
from editors_scratch import Missing
from tools import ROOT, TARGET

VSCE = "@vscode/vsce@3.9.2"
SOURCE = ROOT / "editors/vscode"
CONTENT = {"package.json", "readme.md", "changelog.md", "LICENSE.txt", "dist/extension.js", "dist/licenses.txt"}
MOST_BYTES = 300_000
OLDEST_NODE = 20


def run(*command, **options):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    assert done.returncode == 0, f"{[str(part) for part in command]}:\n{done.stdout}"
    return done.stdout


def npm(folder, *args):
    run("npm", *args, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)


def vsce():
    home = TARGET / "vsce"
    program = home / "node_modules/.bin/vsce"
    if not program.exists():
        home.mkdir(parents=True, exist_ok=True)
        npm(home, "install", "--prefix", home, VSCE)
    return program


def pack():
    """The package, from a clean start."""
    lock = (SOURCE / "package-lock.json").read_text()
    assert '"resolved"' not in lock, "package-lock.json names where packages came from: npm install --omit-lockfile-registry-resolved"
    manifest = json.loads((SOURCE / "package.json").read_text())
    assert manifest["version"] == wheel.version() and VSCE in manifest["scripts"]["package"]
    npm(SOURCE, "ci")
    package = TARGET / f"vscode/ringfence-{manifest['version']}.vsix"
    package.parent.mkdir(parents=True, exist_ok=True)
    package.unlink(missing_ok=True)
    said = run(vsce(), "package", "--no-dependencies", "--allow-missing-repository", "--out", package, cwd=SOURCE)
    assert not re.search("warn|error", said, re.I), said
    return package


def main(ringfence):
    if not shutil.which("npm") or int(re.search(r"\d+", run("node", "--version"))[0]) < OLDEST_NODE:
        raise Missing(f"there is no node {OLDEST_NODE} or later with npm")
    package = pack()
    size = package.stat().st_size
    unpacked = TARGET / "vscode/unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    with zipfile.ZipFile(package) as archive:
        names = {name.removeprefix("extension/") for name in archive.namelist() if name.startswith("extension/")}
        archive.extractall(unpacked)
    assert names == CONTENT and size < MOST_BYTES, (names, size)
    env = {**os.environ, "RINGFENCE": str(ringfence), "RINGFENCE_EXTENSION": str(unpacked / "extension")}
    tests = sorted((SOURCE / "test").glob("*.test.js"))
    said = run("node", "--test", *tests, env=env, cwd=SOURCE, timeout=600)
    (passed,) = re.findall(r"^\S+ pass (\d+)$", said, re.M)
    assert int(passed) > 5, said
    print(f"ok: the extension for VS Code, {size // 1000} kB: packed by {VSCE}, and {passed} tests of what is in the package, on Node "
          f"{run('node', '--version').strip()} with a `vscode` that is made up")
