#!/usr/bin/env python3
"""Run Ringfence over any number of policies, one process a file, and count.

    cargo build --release
    scripts/real-policies.py FOLDER...                        # all files below them
    scripts/real-policies.py --kinds KINDS.tsv                # lines of "path<TAB>endpoint|bucket"
    scripts/real-policies.py --max-undecided 2 testdata/bad testdata/good

Prints the files, the policies, the findings of each rule, the share of questions (a policy and a decision rule
that is about its kind) and of policies that are undecided, and the slowest file. Ends with 1 when a run crashed
or took longer than --limit seconds, when an answer is an internal error, or when more than --max-undecided per
cent of the questions are undecided; with 2 when there is nothing to run on.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DECISION = ("bucket-", "endpoint-", "policy-allows-nothing")


def run(ringfence, path, kind, limit):
    """One file: what `check` said, or why there is no answer."""
    command = [ringfence, "check", "--format", "json", *(["--kind", kind] if kind else []), path]
    start = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return path, None, f"no answer within {limit} s", limit
    took = time.monotonic() - start
    if done.returncode not in (0, 1):
        return path, None, f"exit code {done.returncode}: {done.stderr.decode(errors='replace').strip()[:200]}", took
    try:
        return path, json.loads(done.stdout), None, took
    except ValueError:
        return path, None, "the output is no JSON", took


def inputs(options):
    """Path and kind (or None) of each file."""
    out = []
    for table in options.kinds:
        for line in table.read_text().splitlines():
            path, kind = line.split("\t")[:2]
            out.append((str(table.parent / path), kind))
    for folder in options.folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file() and path.suffix == ".json" or not folder.is_dir():
                out.append((str(path), None))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    parser.add_argument("--kinds", action="append", default=[], type=pathlib.Path)
    parser.add_argument("--ringfence", default=str(ROOT / "target" / "release" / "ringfence"))
    parser.add_argument("--limit", type=float, default=2.0, help="seconds a file may take")
    parser.add_argument("--max-undecided", type=float, default=100.0, help="per cent of the questions")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    files = inputs(options)
    if not files:
        print("no files", file=sys.stderr)
        return 2
    known = json.loads(subprocess.run([options.ringfence, "rules", "--format", "json"], capture_output=True, check=True).stdout)
    about = collections.Counter(k for r in known if r["id"].startswith(DECISION) for k in r["applies_to"])
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda f: run(options.ringfence, *f, options.limit), files))

    findings, undecided = collections.Counter(), collections.Counter()
    policies = questions = 0
    doubtful, broken = set(), []
    for path, answer, why, _ in results:
        if answer is None:
            broken.append(f"{path}: {why}")
            continue
        kinds = [p["kind"] for f in answer["files"] for p in f["policies"]]
        policies += len(kinds)
        questions += sum(about[k] for k in kinds)
        for found in answer["findings"]:
            findings[found["rule"]] += 1
            if found["verdict"] == "undecided":
                undecided[found["rule"]] += 1
                doubtful.add((path, found["policy"]))
            if "internal error" in json.dumps(found):
                broken.append(f"{path}: {found['rule']}: internal error")
    print(f"{len(files)} files, {policies} policies\n")
    print(f"{'rule':40}{'findings':>10}{'undecided':>11}")
    for rule in sorted(findings):
        print(f"{rule:40}{findings[rule]:>10}{undecided[rule] or '':>11}")
    share = 100 * sum(undecided.values()) / max(questions, 1)
    print(f"\nundecided: {sum(undecided.values())} of {questions} questions ({share:.2f} %), "
          f"in {len(doubtful)} of {policies} policies ({100 * len(doubtful) / max(policies, 1):.2f} %)")
    slowest = max(results, key=lambda r: r[3])
    print(f"slowest: {slowest[3]:.3f} s, {slowest[0]}")
    for line in broken:
        print(f"BROKEN {line}")
    return 1 if broken or share > options.max_undecided else 0


if __name__ == "__main__":
    sys.exit(main())
