#!/usr/bin/env python3
"""Writes inputs to begin from into fuzz/corpus/, made of what the repository has: policies, rule files, settings, requests.

scripts/fuzz.sh runs it. What the fuzzer needs to start well and nothing more: the seeds that are tested on every run of
`cargo test` are those of testdata/fuzz/.
"""

import hashlib
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST = 16 * 1024


def seed(target: str, data: bytes) -> None:
    if len(data) <= LONGEST:
        folder = ROOT / "fuzz/corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def policies() -> list[bytes]:
    found = [path.read_bytes() for folder in ("bad", "endpoint", "good", "sagemaker") for path in sorted((ROOT / "testdata" / folder).glob("*.json"))]
    for path in sorted((ROOT / "rules").glob("*.json")):
        for examples in json.loads(path.read_text()).get("examples", {}).values():
            if isinstance(examples, list):
                found += [(e["text"] if "text" in e else json.dumps(e["policy"], indent=1)).encode() for e in examples]
    return found


def is_json(text: bytes) -> bool:
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def main() -> None:
    for line in (ROOT / "testdata/json/json_test_suite.tsv").read_text().splitlines():
        seed("parse", bytes.fromhex(line.split("\t")[1]))
    for policy in policies():
        seed("parse", policy)
        for kind in (b"", b"e", b"b", b"E", b"B"):
            seed("check", kind + policy)
    lines = [json.dumps(json.loads(policy)).encode() for policy in policies() if is_json(policy)]
    for number in range(0, len(lines), 3):
        for kind in (b"", b"e", b"B"):
            seed("stream", kind + b"\n".join(lines[number:number + 3]))
    forms = ROOT / "testdata/forms"
    for path in [*sorted((ROOT / "testdata/cloudformation").glob("*.yaml")), *sorted(forms.glob("cloudformation-*/*.yaml"))]:
        for kind in (b"", b"e", b"B"):
            seed("template", kind + path.read_bytes())
    for path in sorted(forms.glob("terraform-*/*.tf")):
        main = path.parent / "main.tf"
        others = [main.read_bytes()] if main.exists() and main != path else []
        seed("terraform", b"E" + b"\n---\n".join([path.read_bytes(), *others]))
    for path in [*sorted(forms.glob("plan/*.json")), *sorted(forms.glob("cli/*.json")), *sorted(forms.glob("state/*.json"))]:
        seed("parse", path.read_bytes())
    for path in sorted((ROOT / "testdata/terraform").rglob("*.tf")):
        others = [other.read_bytes() for other in sorted(path.parent.glob("*.tf")) if other != path]
        for kind in (b"", b"e", b"B"):
            seed("terraform", kind + b"\n---\n".join([path.read_bytes(), *others]))
    for path in sorted((ROOT / "rules").glob("*.json")):
        rule = json.loads(path.read_text())
        seed("rule_file", path.read_bytes())
        for name, examples in rule.get("examples", {}).items():
            if isinstance(examples, list):
                rule["examples"][name] = [e for e in examples if len(json.dumps(e)) < 1000][:1]
        seed("rule_file", json.dumps(rule, indent=1).encode())
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in re.findall(r"^```toml[^\n]*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            seed("config", block.encode())
    for case in json.loads((ROOT / "testdata/engine/decision-traps.json").read_text()):
        text = json.dumps(case["policy"], indent=1) + "\n---\n" + json.dumps(case["request"], indent=1)
        seed("simulate", text.encode())
        seed("simulate", case["kind"][:1].encode() + text.encode())


if __name__ == "__main__":
    main()
