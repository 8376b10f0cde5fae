#!/usr/bin/env python3
"""The hooks of .pre-commit-hooks.yaml, run by the real pre-commit in scratch repositories: what is committed, and what is stopped.

Usage: pre-commit.py [--profile PROFILE] [--no-source]

PROFILE is cargo's, for the wheel (`release` unless given). `--no-source` leaves out the hook that is built from source, which takes
minutes. Needs git, Rust, Python 3.9 with venv, and PyPI."""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import wheel
from tools import ROOT, TARGET, venv

PRE_COMMIT = "pre-commit==4.7.0"
BIN = venv("pre-commit", [PRE_COMMIT])
GOOD = (ROOT / "testdata/good/user-guide-vpce-bucket-policy.json").read_text()
BAD = (ROOT / "testdata/bad/null-bucket-policy.json").read_text()
RULE = "error[bucket-outside-vpc-allowed]"


def page_block(number):
    """The configurations in docs/pre-commit.md, in their order."""
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/pre-commit.md").read_text(), re.S)[number]


def copy_of_the_source(target):
    """This repository as a user of pre-commit meets it: one commit with all that is not ignored. Its id."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    repository = Repository(target, {})
    repository.git("init", "--quiet")
    repository.commit_all()
    return repository.git("rev-parse", "HEAD").stdout.strip()


class Repository:
    """A folder under git. `env` is what goes on top of a clean environment."""

    def __init__(self, folder, env):
        self.folder = folder
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PIP_", "PRE_COMMIT"))}
        identity = {f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.env = {**kept, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **env}

    def run(self, *command, check=True):
        done = subprocess.run(command, cwd=self.folder, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert not check or done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
        return done

    def git(self, *args, check=True):
        return self.run("git", "-c", "init.defaultBranch=main", *args, check=check)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit_all(self):
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--no-verify", "--message", "x")

    def commit(self):
        """Tries to commit what is staged: whether it was let through, and what was said."""
        before = self.git("rev-parse", "HEAD").stdout
        done = self.git("commit", "--message", "x", check=False)
        after = self.git("rev-parse", "HEAD").stdout
        assert (done.returncode == 0) == (before != after), done.stdout
        return done.returncode == 0, done.stdout

    def passes(self):
        let_through, said = self.commit()
        assert let_through, said
        return said

    def stops(self, *needles):
        let_through, said = self.commit()
        assert not let_through, said
        for needle in needles:
            assert needle in said, f"no {needle!r} in:\n{said}"
        assert "Traceback" not in said, said
        return said


def try_hook(repository):
    """What every hook must do, however it is installed."""
    repository.run(BIN / "pre-commit", "install")
    repository.git("add", "--all")
    # The first run installs the hook.
    first = repository.passes()
    assert "ringfence" in first and ("Skipped" in first or "Passed" in first), first

    repository.write("policies/good.json", GOOD)
    repository.git("add", ".")
    assert re.search(r"ringfence\.*Passed", repository.passes())

    repository.write("policies/bad.json", BAD)
    repository.git("add", ".")
    repository.stops(RULE, "policies/bad.json:", "1 file, 1 policy: 1 error", "Failed", "exit code: 1")

    # What counts is what is staged.
    repository.write("policies/bad.json", GOOD)
    repository.stops(RULE)
    repository.git("add", ".")
    repository.passes()

    # Two at once, in one report; a name with a space and a quote.
    repository.write("policies/one.json", BAD)
    repository.write("policies/the \"other\".json", BAD)
    repository.git("add", ".")
    said = repository.stops("policies/one.json:", "policies/the \"other\".json:", "2 files, 2 policies: 2 errors")
    assert said.count("2 files") == 1
    repository.git("reset", "--quiet", "--hard")

    # A hole that is there already, under a new name.
    repository.write("old.json", BAD)
    repository.commit_all()
    repository.git("mv", "old.json", "policies/new.json")
    repository.stops("policies/new.json:", RULE)
    repository.git("reset", "--quiet", "--hard")
    repository.git("mv", "policies/good.json", "policies/renamed.json")
    repository.passes()

    # The whole repository, whatever is committed now.
    said = repository.run(BIN / "pre-commit", "run", "--all-files", check=False)
    assert said.returncode == 1 and "old.json:" in said.stdout, said.stdout
    repository.git("rm", "--quiet", "old.json")
    repository.passes()
    repository.run(BIN / "pre-commit", "run", "--all-files")

    # What is no policy is none of our business: lock files of any length, comments, what is empty or broken.
    for name, text in {
        "package.json": "{}",
        "package-lock.json": json.dumps({"packages": {f"p{n}": {"Version": "1.0.0"} for n in range(60000)}}),
        "tsconfig.json": "{ // strict\n\"compilerOptions\": {\"strict\": true,},\n}",
        "empty.json": "",
        "broken.json": "{\"a\": ",
        "role.json": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"}]}",
    }.items():
        repository.write(name, text)
    repository.git("add", ".")
    assert "Passed" in repository.passes()
    # But a policy that is broken is a finding.
    repository.write("policies/comma.json", GOOD.rstrip().rstrip("}") + ",}")
    repository.git("add", ".")
    repository.stops("error[policy-syntax]", "policies/comma.json:")
    repository.git("reset", "--quiet", "--hard")

    # Many files go to one process.
    for number in range(300):
        repository.write(f"many/{number}.json", BAD if number == 200 else GOOD)
    repository.git("add", ".")
    repository.stops("many/200.json:", "300 files, 300 policies: 1 error")
    repository.git("reset", "--quiet", "--hard")


def project(folder, config, env):
    repository = Repository(folder, env)
    repository.git("init", "--quiet")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "x")
    repository.write(".pre-commit-config.yaml", config)
    return repository


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="release")
    parser.add_argument("--no-source", action="store_true")
    args = parser.parse_args()
    built = wheel.build(args.profile)
    print(f"the wheel installs in {wheel.check(built):.1f} s")
    subprocess.run([BIN / "pre-commit", "validate-manifest", ".pre-commit-hooks.yaml"], cwd=ROOT, check=True)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        source = folder / "source"
        source.mkdir()
        commit = copy_of_the_source(source)

        def config(number):
            return page_block(number).replace("ADDRESS", str(source)).replace("COMMIT", commit).replace("WHEEL", str(built))

        # Without Rust, and nowhere near it.
        programs = folder / "programs"
        programs.mkdir()
        (programs / "git").symlink_to(shutil.which("git"))
        for program in pathlib.Path("/usr/bin").iterdir():
            if not re.match("cargo|rust|git$", program.name):
                (programs / program.name).symlink_to(program)
        path = {"PATH": f"{BIN}:{programs}", "PRE_COMMIT_HOME": str(folder / "cache"), "HOME": str(folder)}
        assert shutil.which("cargo", path=path["PATH"]) is None
        for name, number, env in (
            ("ringfence, from the wheel", 0, {"PIP_FIND_LINKS": str(built.parent)}),
            ("local, from the wheel", 2, {}),
        ):
            (folder / name).mkdir()
            try_hook(project(folder / name, config(number), {**path, **env}))
            print(f"ok: {name}, without Rust")

        environment = folder / "environment"
        subprocess.run(["python3", "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", built], check=True)
        (folder / "system").mkdir()
        system = config(1).replace("ringfence-source", "ringfence-system")
        try_hook(project(folder / "system", system, {**path, "PATH": f"{environment / 'bin'}:{path['PATH']}"}))
        print("ok: ringfence-system")

        if not args.no_source:
            # As release builds go, in less time; beside the other builds.
            quick = {f"CARGO_PROFILE_RELEASE_{key}": value for key, value in (("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "16"))}
            env = {"PRE_COMMIT_HOME": str(folder / "cache"), "CARGO_TARGET_DIR": str(TARGET / "pre-commit"), **quick}
            (folder / "from source").mkdir()
            try_hook(project(folder / "from source", config(1), env))
            print("ok: ringfence-source")


if __name__ == "__main__":
    main()
