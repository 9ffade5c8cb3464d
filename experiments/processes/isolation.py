"""How a trial becomes a process of its own: a fresh one, or a fork of one that has its imports behind it."""

import collections
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, get_args

from experiments.location import ROOT
from experiments.processes import gpus
from experiments.processes.machine import environment

Isolation = Literal["fork", "process"]
ISOLATIONS: tuple[str, ...] = get_args(Isolation)
Program = Literal["experiments.trial", "experiments.trial.measure"]  # each has a `main` that takes words
SERVER = "experiments.trial.server"
START_SECONDS = 300.0  # that a server may take for its imports
MOST_FAILURES = 3  # of forking, one after the other, until fresh processes are used without trying


def usual_isolation() -> Isolation:
    """Fork on Linux, where a child can be made to end with the process that it is a fork of."""
    return "fork" if sys.platform == "linux" else "process"


class Running(Protocol):
    """A process of a trial; its events come from stdout. As `subprocess.Popen` has it."""

    pid: int
    stdout: BinaryIO

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, the negative signal where one ended it; TimeoutExpired while it runs."""
        ...


class Starter:
    """Starts trials as processes, within a `with`; keeps a server for each number of threads."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation
        self._servers: dict[int, _Server] = {}
        self._turn = threading.Lock()
        self._failures = 0  # of servers, one after the other

    def __enter__(self) -> "Starter":
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.close()

    @property
    def forks(self) -> bool:
        """Whether trials are forks, as far as that works."""
        return self._isolation == "fork"

    def start(
        self,
        program: Program,
        words: Sequence[object],
        threads: int,
        temporary: Path,
        output: BinaryIO,
        device: str | None = None,
    ) -> Running:
        """A process of the program with these words; its stdin closes when this process dies.

        temporary: the folder of its temporary files; output: where its stderr goes; device: the GPU that it
        sees, empty for none, None for all. Where forking fails, the trial gets a fresh process.

        Raises:
            OSError: no process can be started.
        """
        if self._isolation == "fork" and self._failures < MOST_FAILURES:
            for _ in range(2):  # the server may have been killed just now
                with contextlib.suppress(OSError):
                    fork = self._server(threads).fork(program, words, temporary, output, device)
                    self._failures = 0
                    return fork
            self._failures += 1
        return subprocess.Popen(
            [sys.executable, "-m", program, *map(str, words)],
            cwd=ROOT,
            env=environment(threads, temporary) | _seeing(device),
            stdin=subprocess.PIPE,  # never written to: it closes when this process dies, however it does
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches the parent alone, which ends the children in order
        )

    def prepare(self, threads: int) -> None:
        """Begin the imports, so that they are done when the first trial starts."""
        if self._isolation == "fork":
            with contextlib.suppress(OSError):
                self._server(threads)

    def _server(self, threads: int) -> "_Server":
        with self._turn:
            server = self._servers.get(threads)
            if server is None or server.gone:
                server = self._servers[threads] = _Server(threads)
            return server


def _seeing(device: str | None) -> dict[str, str]:
    """The environment of a process that may see one GPU, or none."""
    return {} if device is None else {gpus.VISIBLE: device}


class _Server:
    """The other side of `experiments.trial.server`."""

    def __init__(self, threads: int) -> None:
        self.gone = False
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", SERVER, str(theirs.fileno())],
                cwd=ROOT,
                env=environment(threads),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._turn = threading.Lock()
        self._unborn: collections.deque[_Fork] = collections.deque()  # those whose number is not known yet
        self._forks: dict[int, _Fork] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def fork(
        self,
        program: Program,
        words: Sequence[object],
        temporary: Path,
        output: BinaryIO,
        device: str | None = None,
    ) -> "_Fork":
        """A new process.

        Raises:
            OSError: the server is gone, or does not answer.
        """
        request = {
            "program": program,
            "words": [*map(str, words)],
            "environment": {"TMPDIR": str(temporary.absolute())} | _seeing(device),
        }
        their_stdin, stdin = os.pipe()
        stdout, their_stdout = os.pipe()
        fork = _Fork(os.fdopen(stdout, "rb"), stdin)
        try:
            descriptors = [their_stdin, their_stdout, output.fileno()]
            with self._turn:  # numbers come in the order of requests
                socket.send_fds(self._connection, [json.dumps(request).encode()], descriptors)
                self._unborn.append(fork)
            fork.await_birth()
        except TimeoutError:
            self._process.kill()  # or it would fork after all, with nobody to listen
            raise
        except OSError:
            fork.ended(-signal.SIGKILL)
            raise
        finally:
            os.close(their_stdin)
            os.close(their_stdout)
        return fork

    def close(self) -> None:
        """End the server, and what is still a fork of it."""
        with contextlib.suppress(OSError):  # it is gone
            self._connection.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while message := self._connection.recv(2**12):
                answer = json.loads(message)
                with self._turn:
                    if "status" in answer:
                        self._forks.pop(answer["pid"]).ended(answer["status"])
                    elif answer["pid"]:
                        self._forks[answer["pid"]] = self._unborn.popleft()
                        self._forks[answer["pid"]].born(answer["pid"])
                    else:  # there is no room for another process
                        self._unborn.popleft().ended(-signal.SIGKILL)
        with self._turn:
            self.gone = True
            # What was forked ends with the server.
            for fork in [*self._forks.values(), *self._unborn]:
                fork.ended(-signal.SIGKILL)


class _Fork:
    """A trial that is a fork of the server."""

    def __init__(self, stdout: BinaryIO, stdin: int) -> None:
        self.pid, self.stdout = 0, stdout
        self._stdin = stdin
        self._known, self._over = threading.Event(), threading.Event()
        self._status = 0

    def born(self, pid: int) -> None:
        """Take its process number."""
        self.pid = pid
        self._known.set()

    def await_birth(self) -> None:
        """Wait until the process is there.

        Raises:
            TimeoutError: the server does not answer.
            OSError: it never will be there.
        """
        if not self._known.wait(START_SECONDS):
            raise TimeoutError("the server of trials does not answer")
        if not self.pid:
            raise OSError("the server of trials has ended, or has no room for another process")

    def ended(self, status: int) -> None:
        """Take note of its end; a second note of it changes nothing."""
        if self._over.is_set():
            return
        self._status = status
        os.close(self._stdin)
        self._over.set()
        self._known.set()

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status."""
        if not self._over.wait(timeout):
            raise subprocess.TimeoutExpired("fork", timeout)
        return self._status

    def _signal(self, number: signal.Signals) -> None:
        if not self._over.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
