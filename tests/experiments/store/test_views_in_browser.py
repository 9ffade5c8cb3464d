"""The saved views as people open them: in Debian's Chromium, on the real pages of a real server.

`make test-browser`. Their form is private to MLflow: this is what a new version of it is tried with.
"""

import os
import re
import shutil
import socket
import subprocess
import sys

import pytest

from experiments import names
from experiments.location import ROOT
from experiments.store import client, tracking, views
from experiments.studies import reading
from tests.support import stub_runs
from tests.support.small_study import SMALL

pytestmark = pytest.mark.browser

PATIENCE = 90_000  # milliseconds: without a graphics card, charts of 100 runs take long
# Colours of the lines that are drawn.
STROKES = """() => [...new Set([...document.querySelectorAll('.js-plotly-plot .scatterlayer path.js-line')]
  .map(each => getComputedStyle(each).stroke))]"""
TRIGGER = "saved-views-trigger"
SECTION = "experiment-view-compare-runs-section-header"
CARD = "experiment-view-compare-runs-card"


@pytest.fixture(scope="module", params=[10, 500])
def served(request, tmp_path_factory):
    """A study of two arms at so many seeds: its views, their links, and the page of its experiment."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('served') / 'mlflow.db'}"
    study = reading.parse({**SMALL, "seeds": list(range(1, request.param + 1))}, "small")
    experiment = stub_runs.write(uri, study, study.seeds)
    lacking = views.lacking(study, study.seeds, client.stored(uri, "small"))
    assert tracking.Projection(uri, "small").show(study, lacking) == ""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "experiments", "ui", "--port", port, "--store", uri]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        lines = []
        for line in server.stdout:
            lines.append(line.strip())
            if line.endswith("#/experiments\n"):
                break
        [address] = [line.split(": ", 1)[1] for line in lines if line.startswith("charts of small: ")]
        yield views.of_study(study, study.seeds), address, experiment
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "no chromium: apt-get install chromium"
    with sync_playwright() as started:
        # A container's root has no sandbox of its own.
        options = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = started.chromium.launch(executable_path=found, args=options)
        opened = browser.new_page(viewport={"width": 1600, "height": 1400})
        opened.set_default_timeout(PATIENCE)
        yield opened
        browser.close()


def title(chart):
    """What MLflow calls a chart of a view."""
    if chart["type"] == "SCATTER":
        return f"{chart['xaxis']['key']} vs. {chart['yaxis']['key']}"
    return chart["metricKey"]


def assert_shown(page, view):
    """The view's name, its sections with their charts, and no more runs than the page loads."""
    page.get_by_test_id(TRIGGER).filter(has_text=view.name).wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    # Below them MLflow adds one of its own, of metrics that no chart shows.
    headings = page.get_by_test_id(SECTION).all_inner_texts()
    wanted = [each["name"] for each in view.page["compareRunSections"]]
    assert [each.splitlines()[0] for each in headings][: len(wanted)] == wanted
    shown = [each.splitlines()[0] for each in page.get_by_test_id(CARD).all_inner_texts()]
    charts = [title(each) for each in view.page["compareRunCharts"]]
    assert shown and shown == charts[: len(shown)]  # those further down are drawn once they are seen
    page.get_by_text(re.compile(r"^(20|100) matching runs$")).wait_for()


def test_the_link_opens_the_view_with_every_run_in_its_arms_colour(served, page):
    found, address, _ = served
    page.goto(address)
    assert_shown(page, found[views.TRIALS])
    page.wait_for_function(f"({STROKES})().length > 0")
    rgb = {
        f"rgb({', '.join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))})"
        for color in (names.FAMILY_COLORS["plain"][0], names.FAMILY_COLORS["residual"][0])
    }
    assert {*page.evaluate(STROKES)} == rgb


@pytest.mark.parametrize("key", [views.TRIALS, views.MEANS])
def test_the_menu_opens_the_view(served, page, key):
    found, address, experiment = served
    page.goto(f"{address.partition('#')[0]}#/experiments/{experiment}/runs?workflowType=machine_learning")
    page.get_by_test_id(TRIGGER).click()
    page.get_by_role("menuitem", name=found[key].name).click()
    page.get_by_test_id(TRIGGER).filter(has_text=found[key].name).wait_for()
    assert f"viewStateShareKey={key}" in page.url
    # MLflow's menu opens any view as a table, as the note says.
    page.locator("label:has(input[name=runs-view-mode][value=CHART])").click()
    assert_shown(page, found[key])


def test_the_notes_links_open_the_views(served, page):
    found, address, _ = served
    page.goto(address)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=found[views.MEANS].name).click()
    opened.value.set_default_timeout(PATIENCE)
    assert_shown(opened.value, found[views.MEANS])
