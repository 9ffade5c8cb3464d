"""MLflow's pages of a store, by a real server."""

import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from experiments.location import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_link_is_the_last_line_and_a_signal_ends_the_server(number, finished):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "experiments", "ui", "--port", str(port), "--store", finished[0].store]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    lines = []
    for line in server.stdout:
        lines.append(line.strip())
        if line.endswith("#/experiments\n"):
            break
    pages = f"http://127.0.0.1:{port}/"
    assert lines[-1] == f"{pages}#/experiments"
    assert lines[-3].startswith("charts of tiny: ") and "viewStateShareKey=trials" in lines[-3]
    with urllib.request.urlopen(f"{pages}health") as answer:
        assert answer.status == 200
    server.send_signal(number)
    server.wait(60)
    assert not server.stdout.read()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
