"""The facts about S3 that a request must agree with, read from src/aws/data/ (never from the engine)."""

import pathlib
from dataclasses import dataclass

DATA = pathlib.Path(__file__).resolve().parents[2] / "src" / "aws" / "data"


def rows(name):
    text = (DATA / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def items(field):
    return [] if field == "-" else field.split(",")


@dataclass(frozen=True)
class Key:
    """A condition key, or a family of keys whose name ends with `/`."""

    name: str
    types: tuple
    multi: bool
    listed: bool
    presence: str
    values: tuple


@dataclass(frozen=True)
class Action:
    name: str
    resources: frozenset
    keys: frozenset


def load():
    keys = {}
    for name, types, multi, scope, presence, _, values, _, _ in rows("condition-keys.tsv"):
        key = Key(name, tuple(types.split("|")), multi == "multi", scope == "listed", presence, tuple(items(values)))
        if "Bool" in key.types and not key.values:
            key = Key(name, key.types, key.multi, key.listed, presence, ("true", "false"))
        keys[name.lower()] = key
    groups = {name: items(members) for name, members in rows("key-groups.tsv")}
    types = {name: (form, items(own)) for name, form, own in rows("resource-types.tsv")}
    actions = []
    for name, _, resources, own in rows("actions.tsv"):
        carried = set()
        for item in items(own) + [k for r in items(resources) for k in types[r][1]]:
            carried.update(groups.get(item, [item]))
        actions.append(Action(name, frozenset(items(resources)), frozenset(carried)))
    return keys, {name: form for name, (form, _) in types.items()}, actions


KEYS, ARN_FORMS, ACTIONS = load()
PARTITIONS = [row[0] for row in rows("partitions.tsv")]


def key_fact(name):
    """The key of this name in any letter case; `aws:PrincipalTag/team` finds the family. None: no such key."""
    name = name.lower()
    return KEYS.get(name[: name.index("/") + 1] if "/" in name else name)


def carries(action, key):
    return key.presence != "Never" and (not key.listed or key.name in action.keys)
