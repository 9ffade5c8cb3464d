"""The whole way from recorded trials to the page, against a recorded page.

`recorded/recorded.tar.xz` holds the event logs of real trials. After a change of what the page says:

    REGENERATE=1 python -m pytest tests/reports/test_golden_report.py

and look at what changed. To record the trials again (their numbers then differ by machine, and the page too):

    python -m experiments compare tests/reports/recorded/recorded.yaml
    python -m experiments export tests/reports/recorded/recorded.yaml --pictures \
      --to tests/reports/recorded/recorded.tar.xz
"""

import os
from pathlib import Path

import pytest

from experiments import export
from reports import check, drawing
from reports.store import reading
from tests.support import page_text

RECORDED = Path(__file__).with_name("recorded")
GOLDEN = RECORDED / "report.txt"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The folder of figures and tables, and the store they are of."""
    place = tmp_path_factory.mktemp("recorded")
    uri = f"sqlite:///{place / 'mlflow.db'}"
    study, _ = export.unpack(RECORDED / "recorded.tar.xz", place / "work", uri)
    drawing.draw_all(uri, study, place / study)
    return place / study, uri


@pytest.fixture(scope="module")
def html(drawn):
    return (drawn[0] / "report.html").read_text(encoding="utf-8")


def test_the_page_is_the_recorded_one(html):
    text = page_text.text(html)
    if os.environ.get("REGENERATE"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_page_loads_nothing_and_is_small(html):
    read = page_text.read(html)
    assert {load.partition(":")[0] for load in read.loads if not load.startswith("#")} == {"data"}
    assert "@import" not in html and "url(http" not in html
    assert len(html.encode()) < 3_000_000


def test_ids_are_of_one_element_each_and_every_reference_has_one(html):
    ids = page_text.read(html).ids
    assert len(ids) == len(set(ids))
    referred = [part.split(")")[0].split('"')[0] for part in html.split("url(#")[1:]]
    referred += [part.split('"')[0] for part in html.split('href="#')[1:]]
    assert {each for each in referred if "/" not in each} <= set(ids)


def test_answer_comes_first_and_says_how_sure_it_is(html):
    text = page_text.text(html)
    answer = text.index("of 5 claims)")
    sure, figures, provenance = (
        text.index(f"\n{each}") for each in ("How sure this", "Figures\nCaptions", "Provenance,")
    )
    assert answer < sure < figures < provenance
    assert "95 % interval" in text[answer:sure]


def test_the_images_that_most_trials_get_wrong_are_shown(html):
    assert html.count("wrong in ") >= 8
    assert "data:image/png;base64," in html


def test_every_trial_links_to_its_run(html, drawn):
    found = reading.read_rows(drawn[1], "recorded")
    for run in found.runs:
        address = f"http://127.0.0.1:5000/#/experiments/{found.experiment}/runs/{run.run_id}"
        assert html.count(f'href="{address}"') == 1


def test_all_files_are_of_the_runs_in_the_store(drawn):
    folder, uri = drawn
    record = drawing.read_fair(uri, "recorded").record
    assert list(check.problems(folder, record, reading.fingerprint(uri, "recorded"))) == []


def test_every_row_of_a_table_has_a_cell_for_each_title(html):
    """The golden page alone would hold a header that lost its last columns."""
    for table in html.split("<table")[1:]:
        head, body = table.split("</table>")[0].split("</thead>")
        titles = head.count("<th ")
        assert {row.count("<td") + row.count("<th ") for row in body.split("<tr>")[1:]} == {titles}
