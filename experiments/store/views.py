"""Saved views of MLflow's experiment page: a link that opens a study's charts, grouped by its questions.

A view is one tag of the experiment, in a form that is private to MLflow (3.17.2): it is written last, and a
store that refuses it loses nothing. Titles of charts are metrics' keys there; sections carry the words.
"""

import base64
import hashlib
import json
import time
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from experiments import names
from experiments.store import page
from experiments.store.client import Stored
from experiments.studies import arms
from experiments.studies.study import Study

MOST_RUNS = 100  # that the page loads
MOST_LEFT_OUT = 40  # one by one in a filter: each is a table more of a join, of which SQLite takes 64
TRIALS, MEANS = "trials", "means"
NAMES = {TRIALS: ("Every trial", "Trials of {}"), MEANS: ("Means over seeds", "Means over {}")}
MENU = (
    "\nMLflow's menu of views opens them as tables; the second button beside the filter shows the charts.\n"
)
VALIDATION, TRAIN, TEST = (
    names.metric(split, names.ACCURACY) for split in (names.VALIDATION, names.TRAIN, names.TEST)
)
COLUMNS = (
    *(f"tags.`{tag}`" for tag in (names.ARM, names.SETTING, names.SEED)),
    *(f"metrics.`{metric}`" for metric in (TEST, names.OVERFITTING_GAP, names.TRAIN_SECONDS)),
    *(f"metrics.`{metric}`" for metric in (VALIDATION, TRAIN, names.CHOSEN_EPOCH, names.PARAMETERS)),
)


class View(NamedTuple):
    """A saved view: its name in MLflow's menu, and the page that it opens."""

    name: str
    page: dict[str, Any]


class Part(NamedTuple):
    """Of the runs of a study those that a view asks for: all, or a part that no result has chosen.

    words: what they are, empty of all; clauses: of the filter; newest: the filter leaves more than the page
    loads, which are to be those that began last.
    """

    words: str = ""
    clauses: tuple[str, ...] = ()
    newest: bool = False


class Lacking(NamedTuple):
    """What MLflow's page of a study lacks in the store.

    tags: the views; links: name and key of each view, if the note lacks them; colors: by run; gaps: runs
    whose gap can be derived; refused: the store would not take the same before.
    """

    tags: dict[str, str]
    links: tuple[tuple[str, str], ...]
    colors: dict[str, str]
    gaps: tuple[str, ...]
    refused: bool = False

    @property
    def is_due(self) -> bool:
        """Whether there is something to write that the store has not refused."""
        return not self.refused and any(self[:4])

    @property
    def digest(self) -> str:
        """Of what is lacking, whenever it is asked."""
        views = {key: [*_read(value)] for key, value in self.tags.items()}
        content = json.dumps([views, self.links, self.colors, self.gaps], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def lacking(study: Study, seeds: Iterable[int], stored: Stored, *, alone: bool = True) -> Lacking:
    """What the store lacks of the page, or has in another form.

    seeds: of the study's schedule; alone: no run that the study does not ask for stays a result.
    """
    results = 0 if alone else sum(role == names.RESULT_ROLE for _, _, role in stored.complete)
    views = of_study(study, [*dict.fromkeys([*study.seeds, *seeds])], results)
    now = round(time.time() * 1000)
    tags = {
        names.SAVED_VIEW + key: _text(view, now)
        for key, view in views.items()
        if _read(stored.tags.get(names.SAVED_VIEW + key, "")) != view
    }
    links = tuple((view.name, key) for key, view in views.items())
    has_links = stored.tags.get(names.NOTE) == note(study, links, stored.experiment)
    colors = arms.colors(study.models)
    found = Lacking(
        tags,
        () if has_links else links,
        {
            each.run: colors[each.arm]
            for each in stored.shown
            if each.arm in colors and each.color != colors[each.arm]
        },
        tuple(each.run for each in stored.shown if each.lacks_gap),
    )
    return found._replace(refused=stored.tags.get(names.PAGE_REFUSED) == found.digest)


def of_study(study: Study, seeds: Sequence[int], results: int = 0) -> dict[str, View]:
    """The views of a study by their keys; results: that the experiment has, the study's and others."""
    shown = part(study, seeds, results)
    return {
        key: View(
            of_part.format(shown.words) if shown.words else of_all, _page(study, shown, means=key == MEANS)
        )
        for key, (of_all, of_part) in NAMES.items()
    }


def note(study: Study, links: Iterable[tuple[str, str]], experiment: str) -> str:
    """The note at the top of the page, with links to the views."""
    listed = "".join(f"- [{name}]({link(experiment, key)})\n" for name, key in links)
    return f"{page.note(study)}{page.LINKS}{listed}{MENU}"


def link(experiment: str, view: str = TRIALS) -> str:
    """The address of a view on the server that has it, from `#` on."""
    return (
        f"#/experiments/{experiment}/runs?workflowType=machine_learning&compareRunsMode=CHART"
        f"&viewStateShareKey={view}"
    )


def part(study: Study, seeds: Sequence[int], results: int = 0) -> Part:
    """The runs that the page can load whole: the first seeds of all arms at all settings, at best.

    Of more runs than it loads the page would show those of highest test accuracy: an arm would look better
    than it is, and a mean over seeds be one over the lucky ones. results: as of `of_study`.
    """
    trials = dict.fromkeys((label, setting) for _, label, _, _, setting in study.arms_at_settings())
    others = results > len(trials) * len(seeds)
    if max(results, len(trials) * len(seeds)) <= MOST_RUNS:
        return Part()
    settings = [*dict.fromkeys(setting for _, setting in trials)]
    of_one = max(sum(setting == each for _, setting in trials) for each in settings)
    if others or of_one > MOST_RUNS or any("'" in each and '"' in each for each in settings):
        return Part(f"the newest {MOST_RUNS} runs", newest=True)
    most = MOST_RUNS // len(trials)
    chosen, clauses = _first(names.SEED, [str(seed) for seed in seeds], max(1, most))
    words = _told([int(seed) for seed in chosen], seeds)
    if most:
        return Part(words, clauses)
    kept, of_settings = _first(names.SETTING, settings, MOST_RUNS // of_one)
    return Part(f"{words}, {len(kept)} of {len(settings)} settings", (*clauses, *of_settings))


def _first(tag: str, values: Sequence[str], most: int) -> tuple[list[str], tuple[str, ...]]:
    """At most so many values of a tag, the first that MLflow's filters can tell from the rest; the filters.

    These know no list of values and no "or". What can be said: this value; not these; of so many characters.
    """
    if len(values) <= most:
        return [*values], ()
    found = [([values[0]], (f"tags.`{tag}` = {_quoted(values[0])}",))]
    alike = [((), [*values])]
    for length in sorted({len(value) for value in values}):
        of_length = [value for value in values if len(value) == length]
        alike.append(((f"tags.`{tag}` LIKE '{'_' * length}'",), of_length))
    for clauses, those in alike:
        if len(those) - most <= MOST_LEFT_OUT:
            left_out = (f"tags.`{tag}` != {_quoted(value)}" for value in those[most:])
            found.append((those[:most], (*clauses, *left_out)))
    return max(found, key=lambda each: len(each[0]))


def _quoted(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"


def _told(chosen: Sequence[int], seeds: Sequence[int]) -> str:
    """`seeds 1 to 4 of 10` where the numbers say which and of how many, else `4 of 10 seeds`."""
    low, high, count = min(chosen), max(chosen), len(seeds)
    if max(seeds) - min(seeds) != count - 1 or min(seeds) > 1 or high - low != len(chosen) - 1:
        return f"{len(chosen)} of {count} seeds"
    return f"seed {low} of {count}" if low == high else f"seeds {low} to {high} of {count}"


def _text(view: View, now: int) -> str:
    """A view as the value of its tag."""
    content = json.dumps(view.page, separators=(",", ":")).encode()
    state = "deflate;" + base64.b64encode(zlib.compress(content, 9)).decode()
    return json.dumps({"name": view.name, "createdAt": now, "updatedAt": now, "state": state})


def _read(tag: str) -> View | None:
    """The view that a tag holds; None where there is none, or one that cannot be read.

    Not the text is compared: another version of zlib packs the same page into other bytes.
    """
    try:
        told = json.loads(tag)
        packed, text = told["state"].partition("deflate;")[1:]
        content = zlib.decompress(base64.b64decode(text)) if packed else told["state"]
        return View(told["name"], json.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError, zlib.error):
        return None


def _page(study: Study, shown: Part, *, means: bool) -> dict[str, Any]:
    """The whole page: filter, columns, grouping, sections and charts."""
    wanted = [f"tags.`{names.COMPLETE}` = 'true'", f"tags.`{names.ROLE}` = '{names.RESULT_ROLE}'"]
    grouped = [names.ARM, *([names.SETTING] if study.vary else [])]
    return {
        "searchFilter": " and ".join([*wanted, *shown.clauses]),
        "orderByKey": "attributes.start_time" if shown.newest else f"metrics.`{TEST}`",
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
            _section("faster", f"Which trains faster? {shown.words}".strip(), 2, 360),
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
