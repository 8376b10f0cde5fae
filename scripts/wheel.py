#!/usr/bin/env python3
"""Builds the wheel (python/pyproject.toml), installs it into a clean virtual environment, and runs the program from there.

Usage: wheel.py [--profile PROFILE]     cargo's profile; `release` unless given

Prints the size of the wheel and how long pip takes. It stays in target/wheel/. Needs Rust, Python 3.9 with venv, and PyPI."""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

from tools import ROOT, TARGET, venv

MATURIN = "maturin==1.16.0"


def version():
    """The version in Cargo.toml."""
    lines = (ROOT / "Cargo.toml").read_text().splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("version = "))


def build(profile="release"):
    """The wheel of this source."""
    out = TARGET / "wheel" / profile
    shutil.rmtree(out, ignore_errors=True)
    # Compiled where cargo build does it, so that one build serves both.
    command = [venv("wheel", [MATURIN]) / "maturin", "build", "--quiet", "--profile", profile, "--out", out]
    subprocess.run([*command, "--target-dir", TARGET], cwd=ROOT / "python", check=True)
    (wheel,) = out.glob("*.whl")
    return wheel


def check(wheel):
    """Looks into the wheel, and tries it. The seconds that its installation takes."""
    names = zipfile.ZipFile(wheel).namelist()
    scripts = [name for name in names if "/scripts/" in name]
    others = [name for name in names if "/scripts/" not in name and ".dist-info/" not in name]
    assert len(scripts) == 1 and scripts[0].endswith("/ringfence") and not others, names
    licences = sorted(pathlib.PurePath(name).name for name in names if "LICENSE" in name)
    assert licences == ["LICENSE-APACHE", "LICENSE-MIT"], names
    with tempfile.TemporaryDirectory() as home:
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        python = pathlib.Path(home, "bin/python")
        start = time.monotonic()
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
        subprocess.run([*pip, wheel], check=True)
        seconds = time.monotonic() - start
        program = pathlib.Path(home, "bin/ringfence")

        def run(*args):
            return subprocess.run([program, *args], cwd=ROOT, capture_output=True, text=True)

        said = run("--version").stdout
        assert said == f"ringfence {version()}\n", said
        good, bad = run("check", "testdata/good"), run("check", "testdata/bad")
        assert (good.returncode, good.stderr) == (0, ""), good
        assert bad.returncode == 1 and "error[bucket-outside-vpc-allowed]" in bad.stdout, bad
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="release")
    wheel = build(parser.parse_args().profile)
    seconds = check(wheel)
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, installed in {seconds:.1f} s")


if __name__ == "__main__":
    main()
