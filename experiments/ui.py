"""Serve MLflow's pages on this machine only: `python -m experiments ui [--port 5000]`."""

import argparse
import contextlib
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

# So that the link is the last line.
QUIET = {"MLFLOW_LOGGING_LEVEL": "WARNING", "PYTHONWARNINGS": "ignore"}
MOST_NAMED = 10  # studies whose charts are linked, the newest first


def add_options(parser: Parser) -> None:
    """Its arguments."""
    parser.add_argument("--port", type=int, default=5000, help="default: %(default)s")
    parser.add_argument(
        "--store",
        default=location.store_uri(),
        help="default: MLFLOW_TRACKING_URI, or mlflow.db in the repository",
    )


def main(options: argparse.Namespace) -> int:
    """Become the MLflow server; ends with Ctrl-C."""
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
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(options.port)]
    command += ["--uvicorn-opts", "--log-level warning"]
    # Not as an argument, which every user of the machine can read: the URI may hold a password.
    store = {"MLFLOW_BACKEND_STORE_URI": options.store}
    environment = {**os.environ, **client.ENVIRONMENT, **QUIET, **store}
    server = subprocess.Popen(command, env=environment)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: server.send_signal(number))
    if _answers(server, options.port):
        pages = f"http://127.0.0.1:{options.port}/"
        for study, experiment in client.studies_with_views(options.store)[:MOST_NAMED]:
            print(f"charts of {study}: {pages}{views.link(experiment)}")
        print(f"MLflow's pages (Ctrl-C ends):\n{pages}#/experiments", flush=True)
    return server.wait()


def _answers(server: subprocess.Popen, port: int) -> bool:
    """Wait until the server answers; False if it ends before."""
    while server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health"):
            return True
        time.sleep(0.2)
    return False


UI = Command("Serve MLflow's pages of the store on 127.0.0.1.", "ui --port 5001", add_options, main)
