"""Saved views of MLflow's experiment page: a link that opens a study's charts, grouped by its questions.

A view is one tag of the experiment, in a form that is private to MLflow (3.17.2): it is written last, and a
store that refuses it loses nothing. Titles of charts are metrics' keys there; sections carry the words.
"""

import base64
import json
import time
import zlib
from collections.abc import Mapping
from typing import Any

from experiments import names
from experiments.studies.study import Study

LONGEST = 20_000  # characters of a tag, by MLflow's own limit
MOST_RUNS = 100  # that the page loads
TRIALS, MEANS = "trials", "means"
TITLES = {TRIALS: "Every trial", MEANS: "Means over seeds"}
VALIDATION, TRAIN, TEST = (
    names.metric(split, names.ACCURACY) for split in (names.VALIDATION, names.TRAIN, names.TEST)
)
COLUMNS = (
    *(f"tags.`{tag}`" for tag in (names.ARM, names.SETTING, names.SEED)),
    *(f"metrics.`{metric}`" for metric in (TEST, names.OVERFITTING_GAP, names.TRAIN_SECONDS)),
    *(f"metrics.`{metric}`" for metric in (VALIDATION, TRAIN, names.CHOSEN_EPOCH, names.PARAMETERS)),
)


def tags(study: Study, stored: Mapping[str, str]) -> dict[str, str]:
    """The views that the store lacks, or has in another form.

    stored: the tags of the experiment.
    """
    found = {}
    for key, title in TITLES.items():
        state = _text(_page(study, means=key == MEANS))
        if _state(stored.get(names.SAVED_VIEW + key, "")) == state:
            continue
        now = round(time.time() * 1000)
        told = json.dumps({"name": title, "createdAt": now, "updatedAt": now, "state": state})
        if len(told) <= LONGEST:
            found[names.SAVED_VIEW + key] = told
    return found


def link(experiment: str, view: str = TRIALS) -> str:
    """The address of a view on the server that has it, from `#` on."""
    return (
        f"#/experiments/{experiment}/runs?workflowType=machine_learning&compareRunsMode=CHART"
        f"&viewStateShareKey={view}"
    )


def _state(tag: str) -> str | None:
    """The state in a view's tag; None of none, or one that somebody wrote by hand."""
    try:
        return json.loads(tag)["state"]
    except (ValueError, TypeError, KeyError):
        return None


def _text(page: dict[str, Any]) -> str:
    content = json.dumps(page, separators=(",", ":")).encode()
    return "deflate;" + base64.b64encode(zlib.compress(content, 9)).decode()


def _page(study: Study, *, means: bool) -> dict[str, Any]:
    """The whole page: filter, columns, grouping, sections and charts."""
    arms = len({(label, setting) for _, label, _, _, setting in study.arms_at_settings()})
    part = not means and arms * len(study.seeds) > MOST_RUNS
    wanted = [f"tags.`{names.COMPLETE}` = 'true'", f"tags.`{names.ROLE}` = '{names.RESULT_ROLE}'"]
    if part:  # an arm more than others would look better, or worse, for what is not loaded
        wanted.append(f"tags.`{names.SEED}` = '{study.seeds[0]}'")
    shown = f" (seed {study.seeds[0]} of {len(study.seeds)}: the page loads {MOST_RUNS} runs)" if part else ""
    grouped = [names.ARM, *([names.SETTING] if study.vary else [])]
    return {
        "searchFilter": " and ".join(wanted),
        "orderByKey": f"metrics.`{TEST}`",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": [*COLUMNS],
        "columnOrder": [*COLUMNS],
        "columnWidths": {},
        "runsHiddenMode": "SHOW_ALL",  # the page's default draws ten runs
        "compareRunCharts": _charts(means=means),
        "compareRunSections": [
            _section("faster", f"Which trains faster?{shown}", 2, 360),
            _section("higher", "Which scores higher?", 2, 320),
            _section("overfits", "Which overfits? Train − validation", 2, 320),
            _section("loss", "Losses", 2, 300, shown=False),
        ],
        "viewMaximized": False,
        "runListHidden": False,
        "isAccordionReordered": True,
        "useGroupedValuesInCharts": means,
        "hideEmptyCharts": True,
        "groupBy": {
            "aggregateFunction": "average",
            "groupByKeys": [{"mode": "tag", "groupByData": each} for each in grouped],
        }
        if means
        else None,
        "groupsExpanded": {},
        "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""},
    }


def _charts(*, means: bool) -> list[dict[str, Any]]:
    charts = [_line("validation-by-epoch", "faster", VALIDATION)]
    if not means:  # of a group, MLflow strings the points of all seeds together
        charts.append(
            _line("validation-by-second", "faster", VALIDATION)
            | {"xAxisKey": "metric", "selectedXAxisMetricKey": names.TRAIN_SECONDS}
        )
    return [
        *charts,
        _card("test", "higher", TEST, "BAR") | {"metricKey": TEST},
        _card("cost", "higher", TEST, "SCATTER")
        | {
            "xaxis": {"key": names.TRAIN_SECONDS, "type": "METRIC"},
            "yaxis": {"key": TEST, "type": "METRIC"},
        },
        _line("gap", "overfits", names.OVERFITTING_GAP),
        _line("train-by-epoch", "overfits", TRAIN),
        _line("validation-loss", "loss", names.metric(names.VALIDATION, names.LOSS)),
        _line("train-loss", "loss", names.metric(names.TRAIN, names.LOSS)),
    ]


def _card(uuid: str, section: str, title: str, kind: str) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "type": kind,
        "runsCountToCompare": MOST_RUNS,
        "metricSectionId": section,
        "deleted": False,
        "isGenerated": False,  # else the page may replace or resort it
        "displayName": title,
    }


def _line(uuid: str, section: str, metric: str) -> dict[str, Any]:
    return _card(uuid, section, metric, "LINE") | {
        "metricKey": metric,
        "selectedMetricKeys": [metric],
        "lineSmoothness": 0,
        "xAxisScaleType": "linear",
        "scaleType": "linear",
        "range": {},
        "xAxisKey": "step",
        "selectedXAxisMetricKey": "",
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "ignoreOutliers": False,
        "useGlobalXaxisKey": False,
        "useGlobalLineSmoothing": False,
    }


def _section(uuid: str, name: str, columns: int, height: int, *, shown: bool = True) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "name": name,
        "display": shown,
        "isReordered": True,
        "deleted": False,
        "isGenerated": False,
        "columns": columns,
        "cardHeight": height,
    }
