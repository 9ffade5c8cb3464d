"""Processes that train a round when they are told to: ways to train, timed in turn and started once.

The speed of a machine changes from minute to minute. Each way lives in a process of its own, warmed up, and
waits while the others have their turn, so that rounds of all ways lie seconds apart.
"""

import subprocess
import sys
from collections.abc import Callable

from experiments import location, processes
from experiments.errors import UserError


class Standing:
    """One way to train one network; within a `with`."""

    def __init__(self, module: str, *words: str) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=location.ROOT,
            env=processes.environment(threads=1),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Standing":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ready(self) -> None:
        """Wait until it is warmed up.

        Raises:
            UserError: it ended before.
        """
        self._answer()

    def rate(self) -> float:
        """Images/s of one more round."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        while line := self._process.stdout.readline():
            if line.startswith(MARK):
                return line.removeprefix(MARK)
        lines = self._process.communicate()[1].strip().splitlines() or ["it said nothing"]
        raise UserError(f"{self._module} ended with status {self._process.returncode}: {lines[-1]}")


MARK = "bench: "  # before a child's answers, among what libraries print


def say_ready() -> None:
    """Of a child: the warm-up is over."""
    print(f"{MARK}ready", flush=True)


def answer(rate: float) -> None:
    """Of a child: the images/s of a round."""
    print(f"{MARK}{rate}", flush=True)


def await_turn() -> None:
    """Of a child: wait for the next round; ends the process where the parent is gone."""
    if not sys.stdin.readline():
        raise SystemExit(0)


def rounds_of(round_: Callable[[], float]) -> None:
    """Of a child: warm up by one round, then answer with the rate of each further one."""
    round_()
    say_ready()
    while True:
        await_turn()
        answer(round_())
