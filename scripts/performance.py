#!/usr/bin/env python3
"""Measures whole runs of ringfence next to a yardstick and next to other tools, all in one run.

The yardstick (examples/read_and_parse.rs) reads the same files and parses each with serde_json on one thread, nothing else.
Runs take turns (A B A B ...), so that what else the machine does meets all alike; the best and the median of the rounds are
shown. Needs Python 3.9 or later and nothing beside it.

    scripts/performance.py                  cold start, 1,000 to 100,000 policies, growth, parts, other tools
    scripts/performance.py --write          the same, and writes the tables and the plots in docs/
    scripts/performance.py --quick          that everything builds and runs; no figures to speak of
    scripts/performance.py --instructions   also counts instructions, with valgrind: the same in every run
    scripts/performance.py --only cold,runs a part of it: cold, runs, repository, streams, documents, peers, parts, growth,
                                            editor
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

sys.dont_write_bytecode = True

import performance_documents
import performance_repository
from performance_peers import peers
from performance_plot import plot

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
RELEASE = TARGET / "release"
# Copies, as an installation makes them: the linker leaves its file in memory in small pieces, which are slower to start from.
INSTALLED = TARGET / "performance" / "bin"
RINGFENCE = str(INSTALLED / "ringfence")
YARDSTICK = str(INSTALLED / "read_and_parse")
DOCS = ROOT / "docs"
POLICIES = ROOT / "benches" / "support" / "mod.rs"
PARTS = ["cold", "runs", "repository", "streams", "documents", "peers", "parts", "growth", "editor"]
JSON = "`ringfence check --format json`"
COLD_FILES = ["testdata/good/user-guide-vpce-bucket-policy.json", "testdata/bad/for-any-value-bucket-policy.json"]


class Run:
    """What one run of a program took."""

    def __init__(self, wall, cpu, code):
        self.wall, self.cpu, self.code = wall, cpu, code


def spawn(command, codes=(0, 1)):
    """Runs a program without input, its output thrown away. It must end with one of `codes`: 1 is for findings."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    os.close(null)
    code = os.waitstatus_to_exitcode(status)
    if code not in codes:
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


def install():
    """Copies of the programs to measure."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for built in [RELEASE / "ringfence", RELEASE / "examples" / "read_and_parse"]:
        shutil.copy(built, INSTALLED / built.name)


def fleet(count):
    """A folder of that many policies."""
    return made(count, POLICIES, "", lambda place: write_policies(count, place))


def stream(count):
    """A file with so many lines, a policy on each."""
    return made(count, POLICIES, ".jsonl", lambda place: write_policies(count, place))


def write_policies(count, place):
    subprocess.run([str(RELEASE / "examples" / "policies"), str(count), str(place)], check=True)


def repository(options):
    """A walk over a repository in which few files are of interest."""
    place = made("repository", ROOT / "scripts" / "performance_repository.py", "", performance_repository.make)
    command = [RINGFENCE, "check", str(place)]
    one = in_turns({"check": command}, options.rounds)["check"]
    row = [f"{performance_repository.FILES:,}", performance_repository.POLICIES, ms(one.best), ms(one.median), ms(one.cpu),
           mb(peak_memory(command))]
    return table(["files", "policies", "best", "median", "least CPU (all threads)", "peak memory"], [row])


def made(name, maker, ending, make):
    """What `make` writes to a place below the target folder; made once, and anew when the file `maker` has changed."""
    place = TARGET / "performance" / f"{name}-{hashlib.sha256(maker.read_bytes()).hexdigest()[:8]}{ending}"
    if not place.exists():
        unfinished = place.with_name(f"unfinished{ending}")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        make(unfinished)
        unfinished.rename(place)
    return place


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
        commands = {"read and parse": [YARDSTICK, folder], JSON: [RINGFENCE, "check", "--format", "json", folder]}
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
            points.append((name, count, one.best))
        print(f"{count:,} policies done", file=sys.stderr)
    head = ["policies", "program", "best", "median", "least CPU (all threads)", "policies/s", "times the yardstick (best)",
            "(median)", "(CPU)", "peak memory"]
    return table(head + (["instructions"] if options.instructions else []), rows), points


def streams(options):
    """JSON Lines, ten times as many policies as there are files in the folders."""
    rows = []
    for count in [10 * size for size in options.sizes]:
        file = stream(count)
        command = [RINGFENCE, "check", str(file)]
        one = in_turns({"check": command}, 3)["check"]
        rows.append([f"{count:,}", f"{file.stat().st_size / 1e6:,.1f} MB", ms(one.best), ms(one.cpu), f"{count / one.best:,.0f}",
                     mb(peak_memory(command))])
        print(f"a stream of {count:,} policies done", file=sys.stderr)
    return table(["policies", "size", "best of 3", "least CPU (all threads)", "policies/s", "peak memory"], rows)


def documents(options):
    """Long documents, of which little has to do with a policy; in a quick run short ones."""
    rows, share = [], 100 if options.quick else 1
    for name, policies, make in performance_documents.all_of(share):
        file = made(f"{name.replace(' ', '-')}-{share}", ROOT / "scripts" / "performance_documents.py", ".json", make)
        command = [RINGFENCE, "check", str(file)]
        one = in_turns({"check": command}, 3)["check"]
        rows.append([name, f"{policies:,}", f"{file.stat().st_size / 1e6:,.1f} MB", ms(one.best), ms(one.cpu), mb(peak_memory(command))])
    return table(["document", "policies", "size", "best of 3", "least CPU", "peak memory"], rows)


def others(options, tools):
    """Other tools over the same folders, next to the yardstick and ringfence."""
    rows, points = [], []
    tools = peers(tools)
    for count in [count for count in options.sizes if count <= 10_000]:
        folder = str(fleet(count))
        programs = [("read and parse", "reads and parses", [YARDSTICK, folder]),
                    (JSON, "everything", [RINGFENCE, "check", "--format", "json", folder])]
        programs += [(peer.name, peer.does, peer.command(folder)) for peer in tools if peer.command]
        rounds = {name: [] for name, _, _ in programs}
        for _ in range(3 if count <= 1_000 else 1):
            for name, _, command in programs:
                # cfn-guard ends with 19 when a policy breaks a rule.
                rounds[name].append(spawn(command, codes=(0, 1, 19)))
        ours = min(run.wall for run in rounds[JSON])
        for name, does, command in programs:
            one = Series(name, rounds[name])
            rows.append([name, does, f"{count:,}", len(one.runs), ms(one.best), ms(one.cpu), f"{count / one.best:,.0f}",
                         f"{one.best / ours:.1f}", mb(peak_memory(command))])
            points.append((name, count, one.best))
        rows += [[peer.name, peer.does, f"{count:,}", peer.failure] + ["-"] * 5 for peer in tools if not peer.command]
        print(f"other tools, {count:,} policies done", file=sys.stderr)
    head = ["program", "what it does", "policies", "runs", "best", "least CPU", "policies/s", "times ringfence", "peak memory"]
    return table(head, rows), points


def divan(which, seconds, bench="parts"):
    """Runs a bench of benches/: path of names -> (fastest, median) in seconds."""
    command = ["cargo", "bench", "--quiet", "--locked", "--bench", bench, "--", which]
    done = subprocess.run(command + ["--test"] if seconds is None else command + ["--max-time", str(seconds)],
                          cwd=ROOT, check=True, capture_output=True, text=True)
    units = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
    out, path = {}, []
    for line in done.stdout.splitlines():
        found = re.match(r"^([│├╰─ ]*)─ (\S+)\s*(?:([\d.]+) (ns|µs|ms|s)\s*│\s*[\d.]+ \S+\s*│\s*([\d.]+) (ns|µs|ms|s))?", line)
        if not found:
            continue
        path = path[:len(found[1]) // 3] + [found[2]]
        if found[3]:
            out["/".join(path)] = (float(found[3]) * units[found[4]], float(found[5]) * units[found[6]])
        elif seconds is None:
            out["/".join(path)] = None
    return out


def us(seconds):
    return f"{seconds * 1e6:,.1f} µs" if seconds < 1e-4 else f"{seconds * 1e6:,.0f} µs"


PART_NAMES = {
    "start/rules": "reading the built-in rules", "start/gate": "building the schema validator of the grammar gate",
    "part/a_read": "read", "part/b_serde_json": "parse with `serde_json`, for comparison", "part/c_parse": "parse",
    "part/d_kind": "tell the kind", "part/e_lower": "typed policy", "part/f_gate_schemas": "grammar gate: schemas",
    "part/g_gate_checks": "grammar gate: checks", "part/h_decide": "all decision rules", "part/i_all": "all from `parse` on",
    "part/j_text": "render as text", "part/k_json": "render as JSON",
}


def parts(options):
    """What each part costs, a policy."""
    found = divan("start|part|rule", options.seconds)
    # `parts` is the bench's own name too, so that the pattern lets all through.
    found = {path: times for path, times in found.items() if not path.startswith("growth")}
    if options.seconds is None:
        return ", ".join(found)
    rows = []
    for path, (fastest, median) in found.items():
        of = 1 if path.startswith("start/") else 50 if path.startswith("rule/") else 100
        name = PART_NAMES.get(path, f"rule `{path.removeprefix('rule/')}`")
        rows.append([name, "once a run" if of == 1 else "a policy", us(fastest / of), us(median / of)])
    return table(["part", "", "fastest", "median"], rows)


EDITOR_NAMES = {
    "a_change": "a letter typed, until the findings are there", "b_hover": "hover", "c_completion": "completion",
    "d_lenses": "the lines over 50 of 72 statements", "e_actions": "a letter typed, then the actions, with all fixes proved",
}


def editor(options):
    """What somebody waits for who types in a policy of 20 KB."""
    found = divan(".", options.seconds, "editor")
    if options.seconds is None:
        return ", ".join(found)
    times = {path.removeprefix("editor/"): one for path, one in found.items()}
    return table(["", "fastest", "median"], [[EDITOR_NAMES[path], us(a), us(b)] for path, (a, b) in times.items()])


def growth(options):
    """What a policy costs as it grows: the table, and the series of the plot."""
    found = divan("growth", options.seconds)
    if options.seconds is None:
        return ", ".join(found), []
    names = {"endpoint_statements": "statements, endpoint policy", "bucket_statements": "statements, bucket policy",
             "condition_values": "ids in a condition", "resource_values": "resources", "principal_values": "principals"}
    series = {name: {} for name in names}
    for path, (fastest, _) in found.items():
        _, name, count = path.split("/")
        series[name][int(count)] = fastest
    counts = sorted({count for points in series.values() for count in points})
    rows = [[f"{count}"] + [us(series[name][count]) if count in series[name] else "" for name in names] for count in counts]
    return table(["how many"] + list(names.values()), rows), [(names[name], sorted(series[name].items())) for name in names]


def machine():
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()
    return (f"{time.strftime('%Y-%m-%d', time.gmtime())}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
            f"rustc {rustc[1] if len(rustc) > 1 else '?'}; load average {os.getloadavg()[0]:.1f} when it began.")


def write(section, text):
    """Puts a table between its marks in docs/performance.md."""
    path = DOCS / "performance.md"
    begin, end = f"<!-- measured: {section} -->\n", f"<!-- end of {section} -->"
    before, rest = path.read_text().split(begin)
    path.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}")


def lines(points):
    """(name, count, seconds) as the series of a plot."""
    series = {}
    for name, count, time_ in points:
        series.setdefault(name, {})[count] = time_
    return [(name, sorted(by_count.items())) for name, by_count in series.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small run that shows that everything works")
    parser.add_argument("--write", action="store_true", help="write the tables and plots in docs/")
    parser.add_argument("--instructions", action="store_true", help="count instructions too (valgrind)")
    parser.add_argument("--sizes", default="1000,10000,100000", help="how many policies")
    parser.add_argument("--rounds", type=int, default=15, help="runs of each program over a folder")
    parser.add_argument("--cold-rounds", type=int, default=301, help="runs of each program over one file")
    parser.add_argument("--seconds", type=float, default=3.0, help="the most that each bench of the parts takes")
    parser.add_argument("--no-build", action="store_true", help="measure what was built before")
    parser.add_argument("--only", help="parts to run, with commas between: " + ", ".join(PARTS))
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [part for part in PARTS if not (options.quick and part == "peers")]
    if options.quick:
        options.sizes, options.rounds, options.cold_rounds, options.seconds = "200", 3, 5, None
    options.sizes = [int(count) for count in options.sizes.split(",")]
    if unknown := set(wanted) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if not options.no_build:
        build()
    install()
    results, points, grown = {}, [], []
    head = machine()
    if "cold" in wanted:
        results["cold"] = cold_start(options)
    if "runs" in wanted:
        results["runs"], points = many(options)
    if "repository" in wanted:
        results["repository"] = repository(options)
    if "streams" in wanted:
        results["streams"] = streams(options)
    if "documents" in wanted:
        results["documents"] = documents(options)
    if "peers" in wanted:
        results["peers"], more = others(options, TARGET / "performance" / "tools")
        points += [point for point in more if point[0] not in ("read and parse", JSON)]
    if "parts" in wanted:
        results["parts"] = parts(options)
    if "editor" in wanted:
        results["editor"] = editor(options)
    if "growth" in wanted:
        results["growth"], grown = growth(options)
    print(head)
    for section, text in results.items():
        print(f"\n{section}\n\n{text}")
        if options.write:
            write(section, f"{head}\n\n{text}")
    if options.write and points and "peers" in wanted:
        named = [(name.strip("`"), count, time_) for name, count, time_ in points]
        (DOCS / "performance-policies.svg").write_text(
            plot("Time for so many policies", "policies", lines(named), options.sizes))
    if options.write and grown:
        (DOCS / "performance-growth.svg").write_text(
            plot("Time for one policy with so many of", "how many", grown, [1, 2, 5, 10, 20, 50, 100, 200, 500]))


if __name__ == "__main__":
    main()
