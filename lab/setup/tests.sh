# shellcheck shell=bash
# Checks and test suites, and the line that sums them up.

PASSED=0
FAILED=0
SKIPPED=0
AT_SECOND_TRY=()

run_tests() {
  local suites=("$@") suite
  if [ "${1:-}" = faults-dhcp ]; then
    locked setup_everything
    need_root "test faults-dhcp"
    node test/faults/dhcp.ts "${@:2}"
    return
  fi
  if [ "${1:-}" = api ]; then
    run_api_test "${@:2}"
    return
  fi
  if [ "${1:-}" = fuzz ]; then
    locked setup_javascript
    node test/fuzz/cli.ts "${@:2}"
    return
  fi
  # Stories: too long for every run of all tests.
  case "$*" in "e2e lifecycle" | "e2e virtual-media" | "e2e browser" | "e2e first-machine") suites=("$2") ;; esac
  [ $# -gt 0 ] || suites=(check unit integration e2e cluster)
  for suite in "${suites[@]}"; do
    case $suite in
      check | unit | integration | e2e | lifecycle | virtual-media | browser | first-machine | cluster) ;;
      *) fail "there is no suite \"$suite\": unit, integration, e2e, lifecycle, virtual-media, browser, first-machine, cluster" ;;
    esac
  done
  case " ${suites[*]} " in
    *" integration "* | *" e2e "* | *" lifecycle "* | *" virtual-media "* | *" browser "* | *" first-machine "*)
      locked setup_everything
      need_root test
      case " ${suites[*]} " in *" integration "* | *" browser "* | *" first-machine "*) locked ensure_web ;; esac
      if [ "${suites[*]}" != integration ]; then locked ensure_images; fi
      ;;
    *) locked setup_javascript ;;
  esac
  case " ${suites[*]} " in
    *" cluster "*)
      need_root test
      locked setup_for_cluster
      ;;
  esac
  # API servers and etcd live for minutes and have memory: they need not tidy up all the time.
  export GOGC=400
  for suite in "${suites[@]}"; do
    say "suite $suite"
    if [ "$suite" = check ]; then count_checks; else run_suite "$suite"; fi
  done
  say "done"
  [ "$SKIPPED" -eq 0 ] || say "skipped, for what they need is not here: $SKIPPED"
  [ ${#AT_SECOND_TRY[@]} -eq 0 ] || say "passed at the second try only: ${AT_SECOND_TRY[*]}"
  echo "$PASSED passed, $FAILED failed"
  [ "$FAILED" -eq 0 ]
}

# run_api_test [COUNT] [--seed N]: the test of the integration suite, with more requests.
run_api_test() {
  local count=50 seed=
  while [ $# -gt 0 ]; do
    case $1 in
      --seed) seed=${2:?a number} && shift ;;
      --seed=*) seed=${1#*=} ;;
      *) count=$1 ;;
    esac
    shift
  done
  [[ $count$seed =~ ^[0-9]+$ ]] || fail "./dev test api [COUNT] [--seed N]: numbers"
  locked setup_everything
  need_root "test api"
  METALWRIGHT_TEST_API_EXAMPLES=$count METALWRIGHT_TEST_API_SEED=$seed \
    vitest run --project integration test/integration/server/schemathesis.test.ts </dev/null
}

run_check() {
  local failed=0
  biome check . || failed=1
  node lab/release/check-crds.ts || failed=1
  tsc --noEmit || failed=1
  tsc --noEmit -p web || failed=1
  return $failed
}

# All at once: each is one thread for most of its time.
count_checks() {
  local check checks=()
  biome check . & checks+=($!)
  node lab/release/check-crds.ts & checks+=($!)
  tsc --noEmit & checks+=($!)
  tsc --noEmit -p web & checks+=($!)
  for check in "${checks[@]}"; do
    if wait "$check"; then PASSED=$((PASSED + 1)); else FAILED=$((FAILED + 1)); fi
  done
}

# Runs one of vitest's projects and adds its numbers. Files that failed are run once more, by themselves: real firmware and
# processes on two busy processors miss a deadline now and then. What passes only then is named at the end: it is a fault to mend.
run_suite() {
  local project=("$1")
  # Stories that last long, and that nobody waits for at once.
  case $1 in
    lifecycle) project=(lifecycle test/e2e-lifecycle/lifecycle.test.ts) ;;
    virtual-media) project=(lifecycle test/e2e-lifecycle/virtual-media.test.ts) ;;
    first-machine) project=(lifecycle test/e2e-lifecycle/first-machine.test.ts) ;;
    browser) project=(lifecycle test/e2e-lifecycle/browser.test.ts) ;;
  esac
  run_vitest "${project[@]}"
  case $1 in unit | integration | e2e | cluster) ;; *) return ;; esac
  # Many that fail are no matter of chance.
  if [ ${#FAILED_FILES[@]} -eq 0 ] || [ ${#FAILED_FILES[@]} -gt 3 ]; then return; fi
  local line passed failed skipped file again=()
  for line in "${FAILED_FILES[@]}"; do
    read -r passed failed skipped file <<<"$line"
    PASSED=$((PASSED - passed)) FAILED=$((FAILED - failed)) SKIPPED=$((SKIPPED - skipped))
    again+=("$file")
  done
  say "once more: ${again[*]}"
  run_vitest "${project[0]}" "${again[@]}"
  for file in "${again[@]}"; do
    case "${FAILED_FILES[*]} " in *" $file "*) ;; *) AT_SECOND_TRY+=("$file") ;; esac
  done
}

# run_vitest PROJECT [FILE...]: adds to PASSED, FAILED and SKIPPED, and fills FAILED_FILES with `passed failed skipped path`; a run
# that left no numbers counts as one failure.
run_vitest() {
  local counts status=0 passed failed skipped
  counts=$(mktemp)
  METALWRIGHT_TEST_COUNTS=$counts vitest run --project "$@" --passWithNoTests \
    --reporter=default --reporter=./lab/setup/summary-reporter.ts </dev/null || status=$?
  {
    read -r passed failed skipped || read -r passed failed skipped <<<"0 1 0"
    mapfile -t FAILED_FILES
  } <"$counts"
  rm -f "$counts"
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
}
