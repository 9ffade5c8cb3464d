"""Serve MLflow's pages on this machine only: `python -m experiments.ui [--port 5000]`."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from experiments import client, location, names
from experiments.errors import Parser, UserError, exit_status


def main() -> int:
    """Become the MLflow server; ends with Ctrl-C."""
    parser = Parser(description="Serve MLflow's pages of the store on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=5000, help="default: %(default)s")
    parser.add_argument(
        "--store",
        default=location.store_uri(),
        help="default: MLFLOW_TRACKING_URI, or mlflow.db in the repository",
    )
    asked = parser.parse_args()
    shown = names.without_secrets(asked.store)
    if asked.store.startswith("http"):
        print(f"the store is a tracking server; its pages are at {shown}")
        return 0
    if asked.store.startswith("sqlite:///") and not Path(asked.store.removeprefix("sqlite:///")).exists():
        raise UserError(f"store {asked.store}: there is nothing yet; run `make compare` first")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", asked.port)) == 0:
            raise UserError(f"port {asked.port} is taken; choose another one: make ui PORT={asked.port + 1}")
    print(f"MLflow's pages: http://127.0.0.1:{asked.port}/#/experiments (Ctrl-C ends)", flush=True)
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(asked.port)]
    # Not as an argument, which every user of the machine can read: the URI may hold a password.
    store = {"MLFLOW_BACKEND_STORE_URI": asked.store}
    return subprocess.run(command, env={**os.environ, **client.ENVIRONMENT, **store}).returncode


if __name__ == "__main__":
    sys.exit(exit_status(main))
