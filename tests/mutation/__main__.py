# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.mutation`: every mutant, or those whose name holds a word, in the tests' environment."""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.mutation import checks, recorder

PARTS = 2
# Longer than a part takes even where witnesses are lost and others are looked for; what was not asked by then counts.
SECONDS = 3000
ROOT = Path(__file__).resolve().parents[2]
# Generated pages are not asked: they would differ whatever a permission says. Neither are browsers and long properties.
ASKED = ("tests/architecture", "tests/walk", "tests/licensing", "tests/orders", "tests/dinamis", "tests/property")
NOT_ASKED = ("tests/architecture/test_documentation.py", "tests/property/test_entitlement_model.py")


def run(part: int, parts: int, answers: Path, *options: str, seconds: int | None = SECONDS) -> list[dict[str, Any]]:
    """Run one part of the mutants in a process of its own; returns what became of each, so far as time allowed.

    `seconds` is how long it may take; None is as long as it wants. Raises RuntimeError when the process broke.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.runner", "-p", "no:randomly", "--tb=native"]
    command += ["--part", str(part), "--parts", str(parts), "--answers", str(answers), *options]
    command += [*ASKED, *(f"--ignore={path}" for path in NOT_ASKED)]
    environment = {**os.environ, "PYTEST_DB_SUFFIX": f"mutation{part}", "PYTEST_ADDOPTS": ""}
    told = {"capture_output": True, "text": True, "timeout": seconds}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, **told)
    except subprocess.TimeoutExpired:
        return json.loads(answers.read_text(encoding="utf-8"))
    if done.returncode not in {0, 5}:
        raise RuntimeError(f"the run broke ({done.returncode}):\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return json.loads(answers.read_text(encoding="utf-8"))


def gather(part: int, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the answers of a part beside those of the others, and the score of all into var/mutation.json."""
    folder = ROOT / "var" / "mutation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part}.json").write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
    every = [one for path in sorted(folder.glob("*.json")) for one in json.loads(path.read_text(encoding="utf-8"))]
    score = scored(every)
    text = json.dumps(score, indent=1, ensure_ascii=False)
    (ROOT / "var" / "mutation.json").write_text(text, encoding="utf-8")
    return score


def scored(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """How many were noticed, of each kind and in all; who survived, and the reason where there is one."""
    reasons = checks.equivalent()
    survivors = [one["mutant"] for one in answers if one["witness"] == ""]
    return {
        "killed": sum(1 for one in answers if one["witness"]),
        "total": len(answers),
        "not_asked": sum(1 for one in answers if one["witness"] is None),
        "equivalent": {name: reasons[name] for name in survivors if name in reasons},
        "survivors": [name for name in survivors if name not in reasons],
        "seconds": round(sum(one["seconds"] for one in answers)),
        "kinds": {
            kind: f"{sum(1 for one in answers if one['kind'] == kind and one['witness'])}/{total}"
            for kind, total in sorted(Counter(one["kind"] for one in answers).items())
        },
        "answers": answers,
    }


def keep(answers: list[dict[str, Any]]) -> None:
    """Write down who noticed each mutant, beside what was known of the others."""
    known = checks.witnesses() | {one["mutant"]: one["witness"] for one in answers if one["witness"]}
    with checks.WITNESSES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("mutant", "test"), *sorted(known.items())])


def learn() -> int:
    """Run the tests once and keep who comes by which check; returns pytest's exit code."""
    shutil.rmtree(recorder.FOLDER, ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(PARTS), "--dist", "worksteal", "-m", "not slow"]
    command += ["-p", "tests.mutation.recorder", *ASKED]
    command += [f"--ignore={path}" for path in (*NOT_ASKED, "tests/walk", "tests/property")]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> None:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--patience", default="40")
    parser.add_argument("--learn", action="store_true", help="only note who comes by which check, for the next runs")
    options = parser.parse_args()
    if options.learn:
        sys.exit(learn())
    path = ROOT / "var" / "mutation-of-one.json"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    answers = run(0, 1, path, "--only", options.only, "--patience", options.patience, "--reuse-db", seconds=None)
    if options.keep:
        keep(answers)
    score = scored(answers)
    print(f"{score['killed']} of {score['total']} noticed, in {score['seconds']} s")  # noqa: T201
    print(*score["survivors"], sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
