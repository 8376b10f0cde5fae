"""Other tools that read the same policies, for scripts/performance.py: how each is installed (away from everything else, under
the target folder) and run. One that cannot be installed is reported, not dropped."""
import json
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "aws" / "data"
PARLIAMENT, VALIDATOR, GUARD = "1.6.4", "1.31.4", "3.2.1"


class Peer:
    """A tool: its name, what it does with the policies, and its command for a folder (None: why it is not there)."""

    def __init__(self, name, does, command=None, failure=""):
        self.name, self.does, self.command, self.failure = name, does, command, failure


def peers(tools):
    """All peers, installed below the folder `tools` when they are not there yet."""
    tools.mkdir(parents=True, exist_ok=True)
    out = []
    for name, does, install in (
        (f"parliament {PARLIAMENT}", "lints identity policies, in Python", parliament),
        (f"iam-policy-validator {VALIDATOR}", "checks each statement, in Python; with the S3 definitions alone", validator),
        (f"cfn-guard {GUARD}", "runs three rules of ours (`benches/peers/fence.guard`), in Rust", guard),
    ):
        try:
            out.append(Peer(name, does, command=install(tools)))
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{name} could not be installed: {error}", file=sys.stderr)
            out.append(Peer(name, does, failure=f"could not be installed ({type(error).__name__})"))
    return out


def from_pypi(tools, program, *requirements):
    """A program in an environment of its own."""
    folder = tools / program
    path = folder / "bin" / program
    if not path.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *requirements], check=True)
    return str(path)


def parliament(tools):
    # It needs pkg_resources, which it does not ask for.
    path = from_pypi(tools, "parliament", f"parliament=={PARLIAMENT}", "setuptools<81")
    return lambda folder: [path, "--directory", folder, "--json"]


def validator(tools):
    path = from_pypi(tools, "iam-validator", f"iam-policy-validator=={VALIDATOR}")
    definitions = service_definitions(tools / "definitions")
    return lambda folder: [path, "validate", "--path", folder, "--policy-type", "RESOURCE_POLICY", "--format", "json",
                           "--aws-services-dir", definitions]


def guard(tools):
    path = tools / "bin" / "cfn-guard"
    if not path.exists():
        print("building cfn-guard takes some minutes", file=sys.stderr)
        subprocess.run(["cargo", "install", "--quiet", "--locked", "--root", str(tools), "--version", GUARD, "cfn-guard"],
                       check=True, cwd=tools)
    rules = str(ROOT / "benches" / "peers" / "fence.guard")
    return lambda folder: [str(path), "validate", "--rules", rules, "--data", folder, "--structured", "--output-format", "json",
                           "--show-summary", "none"]


def rows(name):
    for line in (DATA / name).read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


def service_definitions(folder):
    """The folder that iam-policy-validator needs where there is no network, from our own facts about S3."""
    folder.mkdir(exist_ok=True)
    groups = {name: keys for name, keys in rows("key-groups.tsv")}
    keys_of = lambda cell: [key + "${TagKey}" if key.endswith("/") else key
                            for part in cell.split(",") if part != "-" for key in groups.get(part, part).split(",")]
    actions = [{"Name": name, "ActionConditionKeys": keys_of(keys),
                "Resources": [{"Name": kind} for kind in kinds.split(",") if kind != "-"],
                "Annotations": {"Properties": {"IsWrite": access == "Write", "IsList": access == "List"}}}
               for name, access, kinds, keys in rows("actions.tsv")]
    resources = [{"Name": name, "ARNFormats": [arn], "ConditionKeys": keys_of(keys)}
                 for name, arn, keys in rows("resource-types.tsv")]
    keys = [{"Name": keys_of(row[0])[0], "Types": row[1].split("|")} for row in rows("condition-keys.tsv")]
    service = {"Name": "s3", "Version": "v1", "Actions": actions, "Resources": resources, "ConditionKeys": keys}
    (folder / "s3.json").write_text(json.dumps(service))
    (folder / "_services.json").write_text(json.dumps([{"service": "s3", "url": "s3.json"}]))
    return str(folder)
