# shellcheck shell=bash
# Checks and test suites, and the line that sums them up.

PASSED=0
FAILED=0
SKIPPED=0

run_tests() {
  local suites=("$@") suite
  if [ "${1:-}" = faults-dhcp ]; then
    locked setup_everything
    need_root "test faults-dhcp"
    node test/faults/dhcp.ts "${@:2}"
    return
  fi
  if [ "${1:-}" = fuzz ]; then
    locked setup_javascript
    node test/fuzz/cli.ts "${@:2}"
    return
  fi
  [ $# -gt 0 ] || suites=(check unit integration e2e)
  for suite in "${suites[@]}"; do
    case $suite in
      check | unit | integration | e2e) ;;
      *) fail "there is no suite \"$suite\": unit, integration, e2e" ;;
    esac
  done
  case " ${suites[*]} " in
    *" integration "* | *" e2e "*)
      locked setup_everything
      need_root test
      case " ${suites[*]} " in *" e2e "*) locked ensure_images ;; esac
      ;;
    *) locked setup_javascript ;;
  esac
  for suite in "${suites[@]}"; do
    say "suite $suite"
    if [ "$suite" = check ]; then count_checks; else run_suite "$suite"; fi
  done
  say "done"
  echo "$PASSED passed, $FAILED failed$([ "$SKIPPED" -eq 0 ] || echo ", $SKIPPED skipped")"
  [ "$FAILED" -eq 0 ]
}

run_check() {
  local failed=0
  biome check . || failed=1
  tsc --noEmit || failed=1
  return $failed
}

count_checks() {
  if biome check .; then PASSED=$((PASSED + 1)); else FAILED=$((FAILED + 1)); fi
  if tsc --noEmit; then PASSED=$((PASSED + 1)); else FAILED=$((FAILED + 1)); fi
}

# Runs one of vitest's projects and adds its numbers; a run that left no numbers counts as one failure.
run_suite() {
  local counts status=0 passed failed skipped
  counts=$(mktemp)
  METALWRIGHT_TEST_COUNTS=$counts vitest run --project "$1" --passWithNoTests \
    --reporter=default --reporter=./lab/setup/summary-reporter.ts </dev/null || status=$?
  read -r passed failed skipped <"$counts" || read -r passed failed skipped <<<"0 1 0"
  rm -f "$counts"
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
}
