#!/usr/bin/env python3
"""Measures whole runs of ringfence next to a yardstick and next to other tools, all in one run.

The yardstick (examples/read_and_parse.rs) reads the same files and parses each with serde_json on one thread, nothing else.
Runs take turns (A B A B ...), so that what else the machine does meets all alike; the best and the median of the rounds are
shown. Needs Python 3.9 or later and nothing beside it.

    scripts/performance.py                  cold start, 1,000 to 100,000 policies, growth, parts, other tools
    scripts/performance.py --write          the same, and writes the tables and the plots in docs/
    scripts/performance.py --quick          that everything builds and runs; no figures to speak of
    scripts/performance.py --instructions   also counts instructions, with valgrind: the same in every run
    scripts/performance.py --only cold,runs a part of it (cold, runs, memory, parts, peers)
"""
import argparse
import hashlib
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
RELEASE = TARGET / "release"
RINGFENCE = str(RELEASE / "ringfence")
YARDSTICK = str(RELEASE / "examples" / "read_and_parse")
COLD_FILES = ["testdata/good/user-guide-vpce-bucket-policy.json", "testdata/bad/for-any-value-bucket-policy.json"]


class Run:
    """What one run of a program took."""

    def __init__(self, wall, cpu, code):
        self.wall, self.cpu, self.code = wall, cpu, code


def spawn(command, may_find=True):
    """Runs a program without input, its output thrown away."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    os.close(null)
    code = os.waitstatus_to_exitcode(status)
    if code != 0 and not (may_find and code == 1):
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return Run(wall, usage.ru_utime + usage.ru_stime, code)


class Series:
    """The rounds of one program."""

    def __init__(self, name, runs):
        self.name, self.runs = name, runs
        walls = [run.wall for run in runs]
        self.best, self.median = min(walls), statistics.median(walls)
        self.cpu = min(run.cpu for run in runs)


def in_turns(commands, rounds):
    """Several programs, `rounds` times each, taking turns. `commands`: name -> command."""
    runs = {name: [] for name in commands}
    for command in commands.values():
        spawn(command)
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(spawn(command))
    return {name: Series(name, list_) for name, list_ in runs.items()}


def peak_memory(command):
    """The most memory the program held at a time, in MB; None when GNU time is not there to tell."""
    if not os.access("/usr/bin/time", os.X_OK):
        return None
    done = subprocess.run(["/usr/bin/time", "-f", "peak %M", *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"^peak (\d+)$", done.stderr, re.M)
    return int(found[1]) * 1024 / 1e6 if found else None


def instructions(command):
    """How many instructions the program takes, on all threads; None without valgrind."""
    if shutil.which("valgrind") is None:
        return None
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    return int(found[1]) if found else None


def build():
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet", "--bin", "ringfence",
                    "--example", "policies", "--example", "read_and_parse"], cwd=ROOT, check=True)


def fleet(count):
    """A folder of that many policies; made once, and anew when the generator has changed."""
    maker = (ROOT / "benches" / "support" / "mod.rs").read_bytes()
    folder = TARGET / "performance" / f"{count}-{hashlib.sha256(maker).hexdigest()[:8]}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(RELEASE / "examples" / "policies"), str(count), str(unfinished)], check=True)
        unfinished.rename(folder)
    return folder


def size_of(folder):
    return sum(entry.stat().st_size for entry in os.scandir(folder))


def table(head, rows):
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def ms(seconds):
    value = seconds * 1e3
    return f"{value:,.2f} ms" if value < 10 else f"{value:,.1f} ms" if value < 100 else f"{value:,.0f} ms"


def times(value):
    return f"{value:.2f}"


def mb(value):
    return "-" if value is None else f"{value:.1f} MB"


def cold_start(options):
    """One file, a fresh process."""
    rows = []
    for file in COLD_FILES:
        path = str(ROOT / file)
        commands = {"read and parse": [YARDSTICK, path], "`ringfence check`": [RINGFENCE, "check", path],
                    "`ringfence check --format json`": [RINGFENCE, "check", "--format", "json", path]}
        series = in_turns(commands, options.cold_rounds)
        base = series["read and parse"]
        for name, one in series.items():
            count = instructions(commands[name]) if options.instructions else None
            rows.append([name, f"`{pathlib.Path(file).parent.name}/{pathlib.Path(file).name}`", ms(one.median), ms(one.best),
                         ms(one.cpu), times(one.median / base.median), times(one.cpu / base.cpu),
                         mb(peak_memory(commands[name]))]
                        + ([f"{count:,}" if count else "-"] if options.instructions else []))
    head = ["program", "file", "median", "best", "least CPU", "times the yardstick (median)", "(CPU)", "peak memory"]
    return table(head + (["instructions"] if options.instructions else []), rows)


def many(options):
    """Folders of policies: rows for the table, and the best times for the plot."""
    rows, points = [], []
    for count in options.sizes:
        folder = str(fleet(count))
        commands = {"read and parse": [YARDSTICK, folder],
                    "`ringfence check --format json`": [RINGFENCE, "check", "--format", "json", folder]}
        if count <= 10_000:
            commands["`ringfence check`"] = [RINGFENCE, "check", folder]
        series = in_turns(commands, options.rounds if count <= 10_000 else max(3, options.rounds // 3))
        base = series["read and parse"]
        for name, one in series.items():
            steps = instructions(commands[name]) if options.instructions and count <= 1_000 else None
            rows.append([f"{count:,} ({size_of(folder) / 1e6:.1f} MB)", name, ms(one.best), ms(one.median), ms(one.cpu),
                         f"{count / one.best:,.0f}", times(one.best / base.best), times(one.median / base.median),
                         times(one.cpu / base.cpu), mb(peak_memory(commands[name]))]
                        + ([f"{steps:,}" if steps else "-"] if options.instructions else []))
            points.append((name.strip("`"), count, one.best))
        print(f"{count:,} policies done", file=sys.stderr)
    head = ["policies", "program", "best", "median", "least CPU (all threads)", "policies/s", "times the yardstick (best)",
            "(median)", "(CPU)", "peak memory"]
    return table(head + (["instructions"] if options.instructions else []), rows), points


def machine():
    model = "unknown processor"
    if os.path.exists("/proc/cpuinfo"):
        found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
        model = found[1] if found else model
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()
    load = os.getloadavg()[0]
    return (f"{time.strftime('%Y-%m-%d', time.gmtime())}, {os.cpu_count()} cores ({model}), {platform.system()}, "
            f"rustc {rustc[1] if len(rustc) > 1 else '?'}, load {load:.1f} when it began")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small run that shows that everything works")
    parser.add_argument("--instructions", action="store_true", help="count instructions too (valgrind)")
    parser.add_argument("--sizes", default="1000,10000,100000", help="how many policies")
    parser.add_argument("--rounds", type=int, default=15, help="runs of each program over a folder")
    parser.add_argument("--cold-rounds", type=int, default=301, help="runs of each program over one file")
    parser.add_argument("--only", default="cold,runs", help="parts to run, with commas between")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.rounds, options.cold_rounds = "200", 3, 5
    options.sizes = [int(count) for count in options.sizes.split(",")]
    parts = options.only.split(",")
    build()
    print(machine(), end="\n\n")
    if "cold" in parts:
        print(cold_start(options))
    if "runs" in parts:
        print(many(options)[0])


if __name__ == "__main__":
    main()
