"""Names are text: markup, quotes and scripts in arms, classes, settings and questions show as they are."""

import json

import pytest

from experiments import names
from experiments.logs.network import Part, Row, Step, Structure, written
from reports import drawing
from tests.support import page_text
from tests.support.synthetic import curve, once, state, tags

pytestmark = pytest.mark.slow  # a whole page is drawn

ARMS = ["<script>alert(1)</script>", "a\" onmouseover='x'", "{{ 7 * 7 }}", "</style></svg>&amp;"]
CLASSES = ["<img src=x onerror=alert(2)>", "</table>"]


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    from tests.support.synthetic import Store

    place = tmp_path_factory.mktemp("hostile")
    writer = Store(place / "mlflow.db")
    study = writer.client.create_experiment("hostile", artifact_location=(place / "files").as_uri())
    writer.client.set_experiment_tag(study, names.QUESTION, "Is <b>this</b> bold?")
    writer.client.set_experiment_tag(study, names.TARGETS, "[0.5]")
    state(writer, study, ["cnn has higher test accuracy than res"], ["cnn", "res"])
    for order, arm in enumerate(ARMS):
        for seed in range(2):
            run_tags = tags(arm, order, seed, **{names.MODEL: "<i>net</i>", names.DATA: "<u>path</u>"})
            run = writer.run(study, run_tags, curve([0.4, 0.6]) + once(0.6, 2))
            report = {"classes": CLASSES, "confusion_matrix": [[3, 1], [2, 4]]}
            writer.client.log_text(run, json.dumps(report), names.TEST_REPORT_FILE)
            boxes = (Part("layer", ((Step("other", "<u>path", ""),),)),)
            row = Row("<i>net", (boxes,), (), 0, 0)
            network = Structure("net", f"<b>this {order}</b>", (), (8, 8, 1), (row,), 0, 0, ())
            writer.client.log_text(run, written(network), names.NETWORK_FILE)
    drawing.draw_all(writer.uri, "hostile", place / "out")
    return (place / "out" / "report.html").read_text(encoding="utf-8")


def test_every_name_is_readable_as_text(html):
    text = page_text.text(html)
    for name in [*ARMS, *CLASSES, "Is <b>this</b> bold?", "<i>net</i>", "<u>path</u>"]:
        assert " ".join(name.split()) in text


def test_no_name_became_markup(html):
    read = page_text.read(html)
    assert html.count("<script") == 1  # the page's own
    assert not [load for load in read.loads if not load.startswith(("data:", "#"))]
    for markup in ("<b>this", "<i>net", "<u>path", "<img src=x", ">49<"):
        assert markup not in html
