#!/usr/bin/env bash
# Looks for inputs on which Ringfence breaks a promise: scripts/fuzz.sh [SECONDS_PER_TARGET] [TARGET]...
#
# Without arguments: 60 seconds for each target of fuzz/. Ends with 1 when a target fails, hangs for 10 seconds, or takes more
# than 2 GiB; prints how to look at the input then, and one line of figures for each target.
#
#   FUZZ_SANITIZER=address scripts/fuzz.sh    with AddressSanitizer, which needs a nightly toolchain (default: none)
#   FUZZ_ARGS=-seed=1 scripts/fuzz.sh 20 check   more arguments for libFuzzer
#
# Needs python3, a C++ compiler and the package registry. What was found stays in fuzz/corpus, which is not committed; to begin
# from nothing, remove it. docs/evidence/fuzzing.md says more.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never

seconds=${1:-60}
[ $# -gt 0 ] && shift
sanitizer=${FUZZ_SANITIZER:-none}
cargo=(cargo)
[ "$sanitizer" = none ] || cargo=(cargo +nightly)
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets < <(basename -s .rs fuzz/fuzz_targets/*.rs)
fi

cargo fuzz --version > /dev/null 2>&1 || cargo install --locked cargo-fuzz@0.13.2
"${cargo[@]}" fuzz build --sanitizer "$sanitizer"
scripts/fuzz-seeds.py

rows=()
failed=0
for target in "${targets[@]}"; do
  printf '\n== %s for %s seconds\n' "$target" "$seconds"
  mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
  log="fuzz/artifacts/$target.log"
  status=ok
  # shellcheck disable=SC2086 # FUZZ_ARGS is a list of words.
  "${cargo[@]}" fuzz run --sanitizer "$sanitizer" "$target" "fuzz/corpus/$target" "testdata/fuzz/$target" -- \
    -dict=fuzz/policy.dict -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -report_slow_units=2 \
    -print_final_stats=1 -verbosity=1 ${FUZZ_ARGS:-} > "$log" 2>&1 || status=FAILED
  grep -E '^(SUMMARY|==|thread|assertion|  left|  right|Slowest unit|artifact_prefix)' "$log" || true
  if [ "$status" = FAILED ]; then
    failed=1
    tail -n 40 "$log"
    echo "the input is in fuzz/artifacts/$target; to make it small: cargo fuzz tmin --sanitizer $sanitizer $target FILE"
  fi
  stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
  reached() { grep -oE "$1: [0-9]+" "$log" | tail -n 1 | grep -oE '[0-9]+' || true; }
  rows+=("| \`$target\` | $status | $seconds s | $(stat number_of_executed_units) | $(stat average_exec_per_sec) | $(reached cov) | $(reached ft) | $(find "fuzz/corpus/$target" -type f | wc -l) | $(stat slowest_unit_time_sec) s | $(stat peak_rss_mb) MB |")
done

printf '\n| Target | | Time | Executions | a second | Edges | Features | Inputs kept | Slowest input | Memory |\n'
printf '|---|---|---|---|---|---|---|---|---|---|\n'
printf '%s\n' "${rows[@]}"
exit "$failed"
