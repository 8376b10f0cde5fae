"""Virtual environments below target/, made once for each list of packages. For the other scripts here."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


def venv(name, packages):
    """The folder of the programs of an environment with these packages (`name==version`) in it."""
    home = TARGET / "venvs" / f"{name}-{hashlib.sha256(repr(sorted(packages)).encode()).hexdigest()[:8]}"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        pip = [home / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *packages], check=True)
        (home / "complete").touch()
    return home / "bin"
