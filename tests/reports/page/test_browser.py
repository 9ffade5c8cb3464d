"""The report of each study in Debian's Chromium, as people see it; screenshots go to test-artefacts/.

`make test-browser`. Needs `apt-get install chromium` and requirements-browser.txt.
"""

import os
import shutil

import pytest

from experiments import export
from experiments.location import ROOT
from reports import drawing

pytestmark = pytest.mark.browser

ARTEFACTS = ROOT / "test-artefacts"
PACKS = {
    "recorded": ROOT / "tests" / "reports" / "recorded" / "recorded.tar.xz",
    **{
        study: ROOT / "docs" / "results" / f"{study}.tar.xz"
        for study in ("compare", "depth", "crop", "train_size")
    },
}
SIZES = {"phone": (390, 844), "laptop": (1280, 800)}
SMALLEST_TEXT = 11  # CSS pixels

# Elements that stick out of the page, but for those that scroll in a box of their own.
OVERFLOWING = """() => [...document.querySelectorAll('body *')]
  .filter(each => !each.closest('.scroll, .skip') && each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 80))"""
SMALL = """least => [...document.querySelectorAll('body *')]
  .filter(each => !each.closest('svg'))
  .filter(each => [...each.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
  .filter(each => each.offsetParent && parseFloat(getComputedStyle(each).fontSize) < least)
  .map(each => each.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "no chromium: apt-get install chromium"
    with sync_playwright() as started:
        # A container's root has no sandbox of its own.
        options = ["--no-sandbox"] if os.getuid() == 0 else []
        opened = started.chromium.launch(executable_path=found, args=options)
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=PACKS)
def report(request, tmp_path_factory):
    """The page of a study, drawn from its pack."""
    place = tmp_path_factory.mktemp(request.param)
    uri = f"sqlite:///{place / 'mlflow.db'}"
    study, _ = export.unpack(PACKS[request.param], place / "work", uri)
    drawing.draw_all(uri, study, place / study)
    return study, place / study / "report.html"


@pytest.fixture
def opened(browser):
    """A function that opens a page; what the console said is an error at the end."""
    said, contexts = [], []

    def open_page(path, size="laptop", scheme="light", **options):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request",
            lambda asked: said.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None,
        )
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_overflows_and_nothing_is_too_small(report, opened, size, scheme):
    study, path = report
    page = opened(path, size, scheme)
    ARTEFACTS.mkdir(exist_ok=True)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.screenshot(path=ARTEFACTS / f"{study}-{size}-{scheme}.png", full_page=True, timeout=300_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(SMALL, SMALLEST_TEXT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_problem(report, opened, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(report[1], scheme=scheme)
    found = Axe().run(page).response["violations"]
    told = {each["id"]: [node["html"][:100] for node in each["nodes"][:3]] for each in found
            if each["impact"] in ("serious", "critical")}  # fmt: skip
    assert told == {}


def test_it_prints_whole(report, opened):
    study, path = report
    page = opened(path)
    ARTEFACTS.mkdir(exist_ok=True)
    content = page.pdf(
        path=ARTEFACTS / f"{study}-print.pdf", prefer_css_page_size=True, print_background=True
    )
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") > 3
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1030, "height": 700})  # A4 across, less its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 1030


def test_tables_sort_by_keyboard(report, opened):
    page = opened(report[1])
    heading = page.locator("#trials th", has_text="Test accuracy")
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    column = page.locator("#trials tbody tr td:nth-child(3)")
    values = [float(each) for each in column.all_inner_texts()]
    assert values == sorted(values) and heading.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert [float(each) for each in column.all_inner_texts()] == sorted(values, reverse=True)


def test_links_to_runs_follow_the_port_that_the_reader_states(report, opened):
    page = opened(report[1])
    links = page.locator("#trials a.local")
    before = links.evaluate_all("found => found.map(each => each.href)")
    assert before and all(each.startswith("http://127.0.0.1:5000/#/experiments/") for each in before)
    port = page.get_by_label("MLflow's pages are at port")
    assert port.input_value() == "5000"
    for stated, shown in (("5011", "5011"), ("80", "80"), ("", "80"), ("70000", "80"), ("6006", "6006")):
        port.fill(stated)
        wanted = [each.replace(":5000/", f":{shown}/") for each in before]
        assert links.evaluate_all("found => found.map(each => each.getAttribute('href'))") == wanted


def test_it_is_whole_without_scripts(report, opened):
    page = opened(report[1], java_script_enabled=False)
    assert page.locator("#answer .answer").first.inner_text()
    assert page.locator("#trials tbody tr").count() > 0
    assert page.locator("figure svg").count() > 0
