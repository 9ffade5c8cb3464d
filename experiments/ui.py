"""Serve MLflow's pages on this machine only: `python -m experiments ui [--port 5000]`."""

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

from experiments import location, names
from experiments.command_line import Command, Parser
from experiments.errors import UserError
from experiments.store import client


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
    print(f"MLflow's pages: http://127.0.0.1:{options.port}/#/experiments (Ctrl-C ends)", flush=True)
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(options.port)]
    # Not as an argument, which every user of the machine can read: the URI may hold a password.
    store = {"MLFLOW_BACKEND_STORE_URI": options.store}
    return subprocess.run(command, env={**os.environ, **client.ENVIRONMENT, **store}).returncode


UI = Command("Serve MLflow's pages of the store on 127.0.0.1.", "ui --port 5001", add_options, main)
