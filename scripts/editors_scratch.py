"""What the trials of editors have in common: a scratch folder with a policy and the program on the path, and the installation of
Debian's packages. For editors.py."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import uuid

from tools import ROOT

NAME = "for-any-value-bucket-policy.json"
BAD = (ROOT / "testdata/bad" / NAME).read_text()
FIXED = BAD.replace("ForAnyValue:StringNotEquals", "StringNotEquals")
# A line that somebody has begun to write.
HALF = '"Condition": { "StringEq'
# Longer than anything takes, even on a busy machine.
PATIENCE = 60


class Missing(Exception):
    """An editor cannot be had here."""


def page_block(language, number=0):
    """One of the configurations in docs/editors.md."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/editors.md").read_text(), re.S)[number]


def show_screens(screens):
    """Holds what a terminal showed against the page's `text` blocks, or rewrites them."""
    page = ROOT / "docs/editors.md"
    text = page.read_text()
    for number, screen in enumerate(screens):
        shown = page_block("text", number)
        if os.environ.get("RINGFENCE_UPDATE_DOCS") == "1":
            text = text.replace(f"```text\n{shown}```", f"```text\n{screen}```", 1)
        else:
            assert shown == screen, f"docs/editors.md shows something else than this; RINGFENCE_UPDATE_DOCS=1 rewrites it:\n{screen}"
    page.write_text(text)


def apt_install(is_there, *packages):
    """Has apt install packages, unless what they are for is there."""
    if is_there():
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise Missing(f"it is not here, and apt-get cannot be used to install {' '.join(packages)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", "--quiet", *command], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Missing(f"apt-get {' '.join(command)}:\n{done.stdout[-2000:]}")


def wait(what, ask, patience=PATIENCE):
    """Asks again and again until the answer is yes; the answer."""
    end = time.monotonic() + patience
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.05)


class Scratch:
    """A folder with a policy in it that has a hole, and the environment of an editor that is at home there."""

    def __init__(self, folder, ringfence):
        self.folder = folder
        self.ringfence = ringfence
        self.policy = folder / "work" / NAME
        self.policy.parent.mkdir()
        self.policy.write_text(BAD)
        # The top of the project, for editors that look for one.
        (self.policy.parent / ".git").mkdir()
        (folder / "bin").mkdir()
        (folder / "bin/ringfence").symlink_to(ringfence)
        self.mark = f"ringfence-trial-{uuid.uuid4()}"
        homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "NVIM", "VIM", "EMACS", "VSCODE"))}
        self.env = {
            **kept, **homes, "HOME": str(folder), "LANG": "C.UTF-8", "TERM": "xterm-256color", "RINGFENCE_TRIAL": self.mark,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        }

    def servers(self):
        """The servers that an editor of this folder has started and that run still."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                is_ours = f"RINGFENCE_TRIAL={self.mark}".encode() in (process / "environ").read_bytes()
                if is_ours and b"lsp" in (process / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(process.name))
        return found

    def is_fixed(self):
        """The file on disk is the fixed one, and clean."""
        assert self.policy.read_text() == FIXED, self.policy.read_text()
        done = subprocess.run([self.ringfence, "check", self.policy], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout

    def ends(self):
        """No server is left."""
        wait("the server ends with its editor", lambda: not self.servers())


@contextlib.contextmanager
def scratch(ringfence):
    with tempfile.TemporaryDirectory() as folder:
        yield Scratch(pathlib.Path(folder).resolve(), ringfence)
