"""A second opinion on `ringfence::engine::search`: the same questions, decided by Z3 from the policy's JSON alone.

    main.py ANSWERS QUESTIONS SEED [--first N] [--lie N] [--jobs N] [--seconds S]

ANSWERS is the built example `second-opinion`. Every "none" and every "found" is compared, every request that either side found
goes through the other. Exit code 1 and the whole story when they disagree; see docs/evidence/second-opinion.md."""

import argparse
import collections
import functools
import json
import multiprocessing
import statistics
import subprocess
import sys
from dataclasses import dataclass

import z3

from generate import question
from policy import Opinion
from solve import Unknown
from values import LeftOut
from witness import pin, read


@dataclass
class Effort:
    """What Z3 may spend on one call, in its own steps (the same on every machine), and on one question in seconds."""

    steps: int = 4_000_000
    seconds: float = 5.0


def ringfence(program, lines):
    """Our side's answers."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"second opinion: {program} failed: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def decide(opinion):
    """Z3's answer, with a request when there is one: `found` when it is certain, `undecided` when it is only possible."""
    for goal, answer in ((opinion.goals.sure, "found"), (opinion.goals.possible, "undecided")):
        solved = opinion.problem.solve(goal)
        if solved is not None:
            return answer, read(opinion, *solved)
    return "none", None


def stands_up(question, request, effort):
    """Whether our witness, put in as constants, meets the encoding; `thin` when it lacks keys that such a request carries."""
    sizes = {n.lower(): len(v) for n, v in request["context"].items() if isinstance(v, list)}
    for missing_are_absent, verdict in ((True, "yes"), (False, "thin")):
        opinion = Opinion(question, effort, sizes)
        opinion.problem.hard += pin(opinion, request, missing_are_absent)
        if opinion.problem.solve(opinion.goals.sure) is not None:
            return verdict
    return "no"


def compare(question, ours, effort):
    """What Z3 says, and what is wrong (None: nothing)."""
    row = {"question": question, "ours": ours, "z3": None, "request": None, "wrong": None, "thin": False, "seconds": 0.0}
    try:
        opinion = Opinion(question, effort)
    except LeftOut as left_out:
        row["z3"] = "left out"
        row["why"] = str(left_out)
        return row
    try:
        row["z3"], row["request"] = decide(opinion)
    except Unknown as unknown:
        row["z3"] = "unknown"
        row["why"] = str(unknown)
    row["seconds"], row["rounds"] = opinion.problem.spent, opinion.problem.rounds
    if ours["answer"] == "found":
        try:
            verdict = stands_up(question, ours["request"], effort)
            row["thin"] = verdict == "thin"
            if verdict == "no":
                row["wrong"] = "our request does not meet the encoding"
        except Unknown:
            row["unchecked"] = True
    if row["z3"] in ("found", "none", "undecided") and ours["answer"] in ("found", "none"):
        if row["z3"] != ours["answer"]:
            row["wrong"] = row["wrong"] or f"ours says {ours['answer']}, Z3 says {row['z3']}"
    return row


def compare_pair(effort, pair):
    return compare(*pair, effort)


def judge(program, rows):
    """Z3's requests, put through `evaluate`."""
    found = [r for r in rows if r["z3"] == "found"]
    lines = [{**r["question"], "request": r["request"]} for r in found]
    for row, verdict in zip(found, ringfence(program, lines)):
        row["verdict"] = verdict
        wanted = row["question"]["wanted"]
        fine = {"notExplicitDeny": ("allowed", "implicitDeny")}.get(wanted, (wanted,))
        # No Deny applies for sure, and whether an Allow does is open: that is not denied either.
        fine += ("undecided",) if wanted == "notExplicitDeny" else ()
        if verdict["set"] != "allowed" or verdict["decision"] not in fine:
            row["wrong"] = row["wrong"] or "the request that Z3 found does not stand up to our evaluation"


def lie(question, answer, others):
    """The opposite of one of our answers."""
    if answer["answer"] == "found":
        return {**answer, "answer": "none"}
    request = next(o["request"] for o in others if o["answer"] == "found")
    return {**answer, "answer": "found", "request": request}


def detects_lies(rows, effort):
    """The comparison must object when an answer is turned around, and when a request is that of another question."""
    agreed = [r for r in rows if not r["wrong"] and r["z3"] == r["ours"]["answer"]]
    ours = [r["ours"] for r in agreed]
    for answer in ("found", "none"):
        row = next((r for r in agreed if r["z3"] == answer), None)
        if row is None or not any(o["answer"] == "found" for o in ours):
            return f"no agreed `{answer}` to turn around"
        if not compare(row["question"], lie(row["question"], row["ours"], ours), effort)["wrong"]:
            return f"a `{answer}` turned around was not noticed: {row['question']['id']}"
    return None


def tell(row):
    question = row["question"]
    print(f"\nDISAGREEMENT on question {question['id']} ({question['source']}): {row['wrong']}")
    for name in ("kind", "wanted", "policy", "requests"):
        print(f"  {name}: {json.dumps(question[name])}")
    print(f"  ours: {json.dumps(row['ours'])}")
    print(f"  Z3: {row['z3']} {json.dumps(row['request'])}")
    print(f"  our evaluation of Z3's request: {json.dumps(row.get('verdict'))}", flush=True)


def summary(rows, arguments):
    count = collections.Counter((r["ours"]["answer"], r["z3"]) for r in rows)
    compared = [r for r in rows if r["z3"] in ("found", "none", "undecided")]
    both = [r for r in compared if r["ours"]["answer"] != "undecided"]
    wrong = [r for r in rows if r["wrong"]]
    lines = [
        f"Second opinion: {len(rows)} questions, seed {arguments.seed}, Z3 {z3.get_version_string()}.", "",
        "| our answer | Z3: found | Z3: none | Z3: cannot be told | Z3 gave up | left out |", "|---|--:|--:|--:|--:|--:|",
    ]
    for answer in ("found", "none", "undecided"):
        cells = [str(count[answer, z]) for z in ("found", "none", "undecided", "unknown", "left out")]
        lines.append(f"| {answer} | " + " | ".join(cells) + " |")
    checked = [r for r in rows if r["ours"]["answer"] == "found" and r["z3"] != "left out" and not r.get("unchecked")]
    thin = sum(r["thin"] for r in checked)
    lines += [
        "", f"Disagreements: {len(wrong)}. Compared answers: {len(both)} "
        f"({sum(r['ours']['answer'] == 'none' for r in both)} proofs, of which {sum(bool(r['ours'].get('by_extent')) for r in both)} without a search). "
        f"Our requests put into the encoding: {len(checked)} ({thin} of them leave out a key that does not matter). "
        f"Z3's requests put through our evaluation: {sum('verdict' in r for r in rows)}.", "",
    ]
    if compared:
        theirs, ours = [r["seconds"] * 1e6 for r in compared], [r["ours"]["micros"] for r in compared]
        lines += ["| time a question | median | mean | longest | total |", "|---|--:|--:|--:|--:|"]
        for name, times in (("ours", ours), ("Z3", theirs)):
            total = sum(times)
            lines.append(f"| {name} | {show(statistics.median(times))} | {show(total / len(times))} | {show(max(times))} | {show(total)} |")
        lines += ["", f"Z3 took {sum(theirs) / sum(ours):.0f} times as long in all, {statistics.median(theirs) / statistics.median(ours):.0f} times in the median."]
    return "\n".join(lines)


def show(micros):
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if micros >= size:
            return f"{micros / size:.3g} {unit}" if micros < 1000 * size else f"{micros / size:.0f} {unit}"
    return f"{micros:.3g} µs"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("questions", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--first", type=int, default=0, help="the number of the first question")
    parser.add_argument("--lie", type=int, default=None, help="turn around our answer to this question: the run must fail")
    parser.add_argument("--jobs", type=int, default=1, help="processes for Z3")
    parser.add_argument("--seconds", type=float, default=Effort.seconds)
    arguments = parser.parse_args()
    effort = Effort(seconds=arguments.seconds)
    questions = [question(arguments.seed, n) for n in range(arguments.first, arguments.first + arguments.questions)]
    answers = ringfence(arguments.program, questions)
    if len(answers) != len(questions):
        sys.exit("second opinion: some questions were not answered")
    if arguments.lie is not None:
        at = arguments.lie - arguments.first
        answers[at] = lie(questions[at], answers[at], answers)
    rows = []
    with multiprocessing.Pool(arguments.jobs) as pool:
        for row in pool.imap(functools.partial(compare_pair, effort), zip(questions, answers), 5):
            rows.append(row)
            if len(rows) % 100 == 0:
                print(f"... {len(rows)} questions", file=sys.stderr, flush=True)
    judge(arguments.program, rows)
    wrong = [r for r in rows if r["wrong"]]
    for row in wrong:
        tell(row)
    print(summary(rows, arguments))
    reasons = collections.Counter(r["why"] for r in rows if r["z3"] in ("left out", "unknown"))
    for reason, number in reasons.most_common():
        print(f"- {number}: {reason}")
    if problem := detects_lies(rows, effort):
        sys.exit(f"second opinion: the self-check failed: {problem}")
    compared = sum(r["z3"] in ("found", "none", "undecided") for r in rows)
    if compared * 10 < len(rows) * 8:
        sys.exit("second opinion: fewer than eight of ten questions were compared")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
