#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Two runs: what needs no browser on two processors at once, then what drives the real processes
# (a browser, the programs of others), which want both for themselves.
# A processor that has nothing left takes over waiting tests of the other: the longest stand in one folder.
# Exit code 5 is pytest's for a selection that matches nothing, which one half may well be.
marks=$1
shift
pytest -n 2 --dist worksteal -m "$marks" --ignore tests/e2e --ignore tests/chaos --ignore tests/clients "$@"
first=$?
pytest -m "$marks" tests/e2e tests/chaos tests/clients "$@"
second=$?
[ "$first" = 5 ] && first=0 && [ "$second" = 5 ] && exit 5
[ "$second" = 5 ] && second=0
exit $((first > second ? first : second))
