"""Emacs with eglot, in batch: tests/editors/emacs.el does what a person would, and looks at what is shown. For editors.py."""
import shutil
import subprocess

from editors_scratch import ROOT, apt_install, page_block, scratch

# The packages of Debian are found by `package-initialize`, which batch leaves out.
EMACS = ["emacs", "--batch", "--eval", "(progn (package-initialize) (require 'eglot))"]


def has_eglot():
    return shutil.which("emacs") and subprocess.run(EMACS, capture_output=True).returncode == 0


def main(ringfence):
    apt_install(has_eglot, "emacs-nox", "elpa-eglot")
    with scratch(ringfence) as trial:
        (trial.folder / "init.el").write_text(page_block("elisp"))
        command = [*EMACS, "-l", trial.folder / "init.el", "-l", ROOT / "tests/editors/emacs.el", trial.policy]
        done = subprocess.run(command, cwd=trial.policy.parent, env=trial.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        assert done.returncode == 0 and "trial: all seen" in done.stdout, done.stdout
        trial.is_fixed()
        trial.ends()
    version = subprocess.run([*EMACS, "--eval", "(princ emacs-version)"], text=True, capture_output=True, check=True).stdout
    print(f"ok: Emacs {version} with eglot")
