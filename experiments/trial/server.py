"""A process that has imported all that trials need and run nothing; each trial is a fork of it.

    python -m experiments.trial.server DESCRIPTOR

Importing takes seconds, a fork milliseconds, and a trial is still a process of its own. What is imported
starts no thread that is within an operation, and no device is looked at, so that a fork computes what a fresh
process does, to the last bit.

DESCRIPTOR is a socket of packets. A request is JSON with three descriptors (standard input, output and error
of the trial). The answer is {"pid": …}, 0 where there is no room for a process; when a trial has ended,
{"pid": …, "status": …} follows.
"""

import contextlib
import ctypes
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import traceback

LARGEST = 2**16  # bytes of a request
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def load() -> None:
    """Import what trials use, and run none of it."""
    import keras  # noqa: F401
    import sklearn.ensemble
    import sklearn.linear_model
    import sklearn.neighbors
    import sklearn.svm  # noqa: F401
    import skops.io  # noqa: F401
    import tensorflow  # noqa: F401

    from experiments.trial import build, evaluation, learners, load, provenance, samples, saved  # noqa: F401


def serve(connection: socket.socket) -> None:
    """Fork a trial for each request, and tell how each ended, until the other side is gone."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # an ignored signal would wake nobody
    selector = selectors.DefaultSelector()
    selector.register(connection, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj == woken:
                os.read(woken, LARGEST)
                for answer in _ended():
                    connection.send(json.dumps(answer).encode())
                continue
            message, descriptors, _, _ = socket.recv_fds(connection, LARGEST, 3)
            if not message:
                return
            pid = _forked(connection, json.loads(message), descriptors)
            connection.send(json.dumps({"pid": pid}).encode())
            for descriptor in descriptors:
                os.close(descriptor)


def _ended() -> list[dict[str, int]]:
    found = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        found.append({"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def _forked(connection: socket.socket, request: dict, descriptors: list[int]) -> int:
    """The process number of a new trial; 0 where none can be made."""
    server = os.getpid()
    try:
        if pid := os.fork():
            return pid
    except OSError:  # no memory, or too many processes: those that run go on
        return 0
    status = 1
    try:
        _end_with(server)
        connection.close()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        for standard, descriptor in enumerate(descriptors):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        os.environ |= request["environment"]
        tempfile.tempdir = None
        program = request["program"]
        name = f"{program}.__main__" if program == "experiments.trial" else program
        status = importlib.import_module(name).main(request["words"])
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        with contextlib.suppress(OSError):  # the disk is full
            traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def _end_with(server: int) -> None:
    """Let this process be killed when the server is: an orphan would train beside the next try."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)


def main() -> int:
    """Load, then serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent alone
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    connection = socket.socket(fileno=int(sys.argv[1]))
    load()
    serve(connection)
    return 0


if __name__ == "__main__":
    sys.exit(main())
