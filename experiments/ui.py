"""Serve MLflow's pages on this machine only: `python -m experiments ui [--port 5000]`."""

import argparse
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from experiments import location, names
from experiments.command_line import Command, Parser
from experiments.errors import UserError
from experiments.store import client, views

SERVER = {
    # So that the link is the last line.
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "PYTHONWARNINGS": "ignore",
    # Judges of language models: seven processes more, which take longer to start than the pages.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
MOST_NAMED = 10  # studies whose charts are linked, the newest first
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 5.0  # seconds between SIGTERM and SIGKILL
ANSWER = 2.0  # seconds that one look at the server waits


def add_options(parser: Parser) -> None:
    """Its arguments."""
    parser.add_argument("--port", type=int, default=5000, help="default: %(default)s")
    parser.add_argument(
        "--store",
        default=location.store_uri(),
        help="default: MLFLOW_TRACKING_URI, or mlflow.db in the repository",
    )


def main(options: argparse.Namespace) -> int:
    """Run the MLflow server until Ctrl-C, or a signal, ends it."""
    shown = names.without_secrets(options.store)
    if options.store.startswith("http"):
        print(f"the store is a tracking server; its pages are at {shown}")
        return 0
    if options.store.startswith("sqlite:///") and not Path(options.store.removeprefix("sqlite:///")).exists():
        raise UserError(f"store {options.store}: there is nothing yet; run `make compare` first")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", options.port)) == 0:
            raise UserError(
                f"port {options.port} is taken; choose another one: make ui PORT={options.port + 1}"
            )
    client.make_whole(options.store)
    pages = f"http://127.0.0.1:{options.port}/"
    charts = _charts(options.store, pages)  # before there is a server that an error would leave behind
    # What is ignored stays so: `nohup` wants it to outlive its terminal.
    heeded = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, _stop)
    server = None
    try:
        server = _started(options.store, options.port)
        if _answers(server, options.port):
            print(*charts, f"MLflow's pages (Ctrl-C ends):\n{pages}#/experiments", sep="\n", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for number in heeded:  # a second Ctrl-C would leave half of it behind
            signal.signal(number, signal.SIG_IGN)
        if server:
            _end(server)


def _charts(store: str, pages: str) -> list[str]:
    """A line for each of the newest studies: the address of its first saved view that is ours."""
    found = []
    for study, experiment, keys in client.saved_views(store):
        if ours := [key for key in views.NAMES if key in keys]:
            found.append(f"charts of {study}: {pages}{views.link(experiment, ours[0])}")
    return found[:MOST_NAMED]


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _started(store: str, port: int) -> subprocess.Popen:
    """The server, in a group of its own with all processes that it starts."""
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--uvicorn-opts", "--log-level warning"]
    # Not as an argument, which every user of the machine can read: the URI may hold a password.
    environment = {**os.environ, **client.ENVIRONMENT, **SERVER, "MLFLOW_BACKEND_STORE_URI": store}
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _end(server: subprocess.Popen) -> None:
    """End the server's whole group: by SIGTERM, since on SIGHUP it would only start its workers anew."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(GRACE)
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def _answers(server: subprocess.Popen, port: int) -> bool:
    """Wait until the server answers; False if it ends before."""
    # Not through the proxy that the environment may name, which knows another 127.0.0.1.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while server.poll() is None:
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            direct.open(f"http://127.0.0.1:{port}/health", timeout=ANSWER),
        ):
            return True
        time.sleep(0.2)
    return False


UI = Command("Serve MLflow's pages of the store on 127.0.0.1.", "ui --port 5001", add_options, main)
