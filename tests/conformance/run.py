"""Runs graphql-core's own execution tests against the engine, and says how many passed: `make conformance`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests import engine
from tests.conformance import sdist

CHAPTERS = "abstract directives error_propagation lists mutations nonnull oneof parallel resolve schema subscribe sync union_interface variables".split()
INCREMENTAL = [
    f"tests/execution/test_subscribe.py::describe_subscription_publish_phase::subscribe_function_returns_errors_with_{directive}"
    for directive in ("defer", "stream")
]
"""Tests of what graphql-core answers to @defer and @stream in a subscription, directives that the gateway's schema doesn't have."""
TESTS = 295
"""How many others these chapters hold in graphql-core 3.3.2."""


@dataclass(frozen=True)
class Verdict:
    """What a run showed. `untouched` are tests that ran no operation at all; `elsewhere` those that ran one by another door."""

    engine: str
    passed: int
    failed: tuple[str, ...]
    executed: int
    fallbacks: int
    elsewhere: tuple[str, ...]
    untouched: tuple[str, ...]
    output: str

    @property
    def good(self) -> bool:
        return self.passed == TESTS and not self.failed and not self.fallbacks

    def __str__(self) -> str:
        lines = [f"{self.passed} passed, fallbacks {self.fallbacks}" + (f", {len(self.failed)} FAILED" if self.failed else "")]
        lines += [f"  engine {self.engine}: {self.executed} operations"]
        lines += [f"  runs graphql-core by a door that is not execute's: {name}" for name in self.elsewhere]
        lines += [f"  runs no operation: {name}" for name in self.untouched]
        return "\n".join(lines)


def judge(name: str) -> Verdict:
    """The verdict on the engine of this name. Raises Unavailable if graphql-core's tests can't be had."""
    folder = sdist.unpacked()
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        environment = os.environ | {
            "CALLBOARD_ENGINE": name,
            "CONFORMANCE_REPORT": str(report),
            "PYTHONPATH": str(Path(__file__).parent),
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-c",
            "pyproject.toml",
            "-o",
            "addopts=",
            "-p",
            "rebind",
            "-p",
            "no:randomly",
        ]
        command += ["-p", "no:cacheprovider", "--tb=short", *(f"tests/execution/test_{chapter}.py" for chapter in CHAPTERS)]
        command += [f"--deselect={test}" for test in INCREMENTAL]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if not report.exists():
            raise RuntimeError(f"pytest did not start:\n{done.stdout}\n{done.stderr}")
        tests = {_short(test): counts for test, counts in json.loads(report.read_text()).items()}
    failed = tuple(test for test, counts in tests.items() if set(counts["outcomes"]) != {"passed"})
    return Verdict(
        engine=name,
        passed=len(tests) - len(failed),
        failed=failed,
        executed=sum(counts["engine"] for counts in tests.values()),
        fallbacks=sum(counts["fallbacks"] for counts in tests.values()),
        elsewhere=tuple(test for test, counts in tests.items() if counts["elsewhere"]),
        untouched=tuple(test for test, counts in tests.items() if not counts["engine"] and not counts["elsewhere"]),
        output=done.stdout,
    )


def _short(test: str) -> str:
    return test.removeprefix("tests/execution/test_").replace(".py::", ": ").replace("::", " ")


def main() -> int:
    try:
        verdict = judge(engine.NAME)
    except sdist.Unavailable as reason:
        print(reason, file=sys.stderr)
        return 2
    if verdict.failed:
        print(verdict.output)
    print(verdict)
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
