"""MLflow's pages of a store, by a real server."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing

import mlflow
import psutil
import pytest

from experiments import names
from experiments.location import ROOT
from experiments.store import client, tracking, views
from experiments.studies import reading
from tests.support import stub_runs
from tests.support.small_study import SMALL


@pytest.fixture
def store(tmp_path):
    """A store of a study with its views, one with the means alone, and one with a view of somebody's own."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    study = reading.parse(SMALL, "small")
    stub_runs.write(uri, study, study.seeds)
    stored = client.stored(uri, "small")
    tracking.Projection(uri, "small").show(study, views.lacking(study, study.seeds, stored))
    opened = mlflow.MlflowClient(uri)
    for name, key in (("means_alone", views.MEANS), ("other", "mine")):
        experiment = opened.create_experiment(name)
        opened.set_experiment_tag(experiment, names.SAVED_VIEW + key, "{}")
    return uri


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(store, port):
    return [sys.executable, "-m", "experiments", "ui", "--port", str(port), "--store", store]


def servers_at(port):
    """The processes that were started for a port."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "mlflow" in " ".join(words) and str(port) in words and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_link_is_the_last_line_and_a_signal_ends_the_whole_server(number, store, port):
    # Where nothing is: whoever asks the server through it waits for ever.
    proxies = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": ""}
    server = subprocess.Popen(
        command(store, port),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | proxies,
        # Tests that run in the background ignore it, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        lines = []
        for line in server.stdout:
            lines.append(line.strip())
            if line.endswith("#/experiments\n"):
                break
        pages = f"http://127.0.0.1:{port}/"
        ids = {each.name: each.experiment_id for each in mlflow.MlflowClient(store).search_experiments()}
        assert sorted(lines[-4:-2]) == [
            f"charts of means_alone: {pages}{views.link(ids['means_alone'], views.MEANS)}",
            f"charts of small: {pages}{views.link(ids['small'], views.TRIALS)}",
        ]
        assert sum(line.startswith("charts of") for line in lines) == 2
        assert lines[-1] == f"{pages}#/experiments"
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{pages}health") as answer:
            assert answer.status == 200
        family = psutil.Process(server.pid).children(recursive=True)
        assert family
        server.send_signal(number)
        assert server.wait(60) == 0
        assert not server.stdout.read()
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive and not servers_at(port)
    finally:
        server.terminate()
        server.wait(60)


def test_a_store_that_cannot_be_read_leaves_no_server_behind(store, port):
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as database, database:
        database.execute("DROP TABLE experiment_tags")
    done = subprocess.run(command(store, port), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"error: store {store}: ")
    assert not servers_at(port)


def test_another_port_is_proposed_where_one_is_taken(store, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        done = subprocess.run(command(store, port), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and f"make ui PORT={port + 1}" in done.stderr
