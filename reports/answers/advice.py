"""The recommendation for people and scripts: which arm to use, at what cost, and what may change it."""

import json
import math
from collections.abc import Iterable

import pandas as pd

from experiments import names
from reports import words
from reports.answers import recommendation
from reports.answers.recommendation import Candidate, Recommendation
from reports.numbers import sweep
from reports.numbers.intervals import Interval
from reports.store.record import Record
from reports.words import Cell

RIGHT = {  # what a share of test images is of, as people say it
    names.TEST_ACCURACY: "of new images right",
    names.BALANCED_ACCURACY: "of new images right, each class counting alike",
}
CHEAPEST = {  # by the field of Cost that arms are compared by
    "prediction_ms": "the cheapest at prediction",
    "macs": "the one of the fewest multiply-accumulates (predictions were not timed of all)",
    "": "the best (what a prediction takes is not known of all)",
}
COLUMNS = {  # of the table, and what each says
    "Right": (
        "Right: mean over seeds with its 95 % interval{alike}, which is wider than that of the answer's "
        "table where seeds test some images in common."
    ),
    "Behind, in points": (
        "Behind: the lead of the highest mean over this arm, with its interval at {level:.3g} %, so that all "
        "of them hold in 95 % of studies; where it lies wholly above 0, the arm was shown to be worse, "
        "though a claim about it, of which an exact p is asked too, may still be open."
    ),
    "An image": "An image: its prediction, in batches, on the machine that trained; median over trials.",
    "Model": "Model: its file.",
}
UNKNOWN = Cell("–", math.nan)


def sentences(record: Record) -> list[str]:
    """The recommendation for people, its first sentence what to do; or why there is none."""
    if why := recommendation.lacking(record):
        return [f"No recommendation: {why}."]
    found = recommendation.recommend(record)
    chosen, best, called = found.chosen, found.best, record.title
    first = (
        f"Use {called(chosen.arm)}: {_percent(chosen.accuracy)} {RIGHT[recommendation.measure(record)]}, "
        f"{chosen.cost.text} ({found.seeds} seeds, each with a split of its own)."
    )
    lines = [first]
    others = "every other arm" if not _failed(found) else "every other arm that always trained"
    of_all = "" if not _failed(found) else " of the arms that always trained"
    if chosen is best and not found.as_good and not found.worse:
        lines.append("It is the only arm that always trained.")
    elif chosen is best and not found.as_good:
        lines.append(f"It has the highest mean{of_all}, and {others} was shown to be worse.")
    elif chosen is best:
        lines.append(
            f"It has the highest mean{of_all}; among those not shown to be worse it is {CHEAPEST[found.by]}."
        )
    else:
        lines.append(
            f"Among the arms not shown to be worse than {called(best.arm)}, which has the highest mean"
            f"{of_all}, it is {CHEAPEST[found.by]}: {_points(chosen.behind)} between them. {_apart(found)}"
        )
    if others := [each for each in found.as_good if each is not best]:
        listed = [
            f"{called(each.arm)} ({_points(each.behind)} behind {called(best.arm)}, {each.cost.text})"
            for each in others
        ]
        lines.append(f"Not shown to be worse either: {words.listed(listed)}.")
    if found.worse:
        listed = [f"{called(each.arm)} by {_points(each.behind)}" for each in found.worse]
        lines.append(
            f"Shown to be worse than {called(best.arm)}, by intervals that hold together in 95 % of studies: "
            f"{words.listed(listed)}."
        )
    if out := _failed(found):
        listed = [f"{called(each.arm)} at {each.failed} of {found.seeds} seeds" for each in out]
        lines.append(f"Not recommended, since they did not train: {words.listed(listed)}.")
    lines.append(_change(record, found))
    lines.append(f"To hand it over: make deliver RUN={found.trial}, its trial of the best validation.")
    return lines


def advice(record: Record) -> list[str]:
    """The sentences of a study that can recommend an arm; none of another."""
    return [] if recommendation.lacking(record) else sentences(record)


def table(record: Record) -> list[list[str]]:
    """A row for each arm below a header, as `Recommendation.candidates`; empty where nothing is recommended.

    A column of which nothing is known is left out.
    """
    found = None if recommendation.lacking(record) else recommendation.recommend(record)
    if found is None:
        return []
    rows = [["Arm", *COLUMNS, ""]]
    for each in found.candidates:
        out = "did not always train" if each.failed else "worse" if each.worse else ""
        rows.append(
            [
                record.title(each.arm),
                UNKNOWN if each.failed else Cell(_narrow(_percent(each.accuracy)), each.accuracy.estimate),
                _behind(found, each),
                _amount(each.cost.prediction_ms, "ms"),
                _amount(each.cost.model_mib, "MiB"),
                "use" if each is found.chosen else out,
            ]
        )
    known = [any(cell != "–" for cell in column) for _, *column in zip(*rows, strict=True)]
    return [[cell for cell, shown in zip(row, known, strict=True) if shown] for row in rows]


def explanation(record: Record) -> str:
    """What the columns of the table are; empty where there is none."""
    if not (rows := table(record)):
        return ""
    level = 100 * recommendation.recommend(record).level
    balanced = recommendation.measure(record) == names.BALANCED_ACCURACY
    alike = ", each class counting alike," if balanced else ""
    shown = [text.format(level=level, alike=alike) for column, text in COLUMNS.items() if column in rows[0]]
    return " ".join(shown)


def as_json(record: Record) -> dict[str, object]:
    """The same for scripts."""
    if why := recommendation.lacking(record):
        return {"study": record.study, "recommended": None, "reason": why}
    found = recommendation.recommend(record)
    return {
        "study": record.study,
        "recommended": found.chosen.arm,
        "best_mean": found.best.arm,
        "trial": found.trial,
        "seeds": found.seeds,
        "measure": recommendation.measure(record),
        "compared_by": found.by,
        "confidence": found.level,
        "arms": [
            {
                "arm": each.arm,
                "accuracy": _ends(each.accuracy),
                "behind_best": _ends(each.behind),
                "shown_to_be_worse": each.worse,
                "failed": each.failed,
                "trained": trained(record.runs[record.runs["arm"] == each.arm].iloc[0]),
                **{name: _known(value) for name, value in each.cost._asdict().items()},
            }
            for each in found.candidates
        ],
    }


def _failed(found: Recommendation) -> list[Candidate]:
    return [each for each in found.candidates if each.failed]


def _change(record: Record, found: Recommendation) -> str:
    """What would lead to another arm: another wish, or arms that are trained otherwise."""
    called, chosen, best = record.title, found.chosen, found.best
    parts = []
    if chosen is not best:
        parts.append(f"Where the time of a prediction is no matter, take {called(best.arm)}.")
    if faster := _faster(found):
        ms = words.amount(chosen.cost.prediction_ms, "ms")
        parts.append(
            "Where the time of a prediction matters more than accuracy, "
            f"{called(faster.arm)} takes {words.amount(faster.cost.prediction_ms, 'ms')} an image in place "
            f"of {ms}, {_points(faster.behind)} behind the highest mean."
        )
    each = _groups(
        (called(each.arm), trained(record.runs[record.runs["arm"] == each.arm].iloc[0]))
        for each in found.candidates
    )
    parts.append(
        f"All of it is said of arms as they were trained here ({'; '.join(each)}): longer training, larger "
        "images or more photographs may put them in another order."
    )
    swept = [] if record.tuning.empty else sweep.arms(record.tuning)
    if close := [each.label for each in swept if each.within_spread]:
        parts.append(
            f"The best learning rate of {words.listed(close)} was not clearly the best in the sweep: another "
            "may do as well or better."
        )
    return " ".join(parts)


def _faster(found: Recommendation) -> Candidate | None:
    """The most accurate arm that predicts in less time than the chosen one and always trains."""
    return next(
        (
            each
            for each in found.candidates
            if not each.failed and each.cost.prediction_ms < found.chosen.cost.prediction_ms
        ),
        None,
    )


def trained(run: pd.Series) -> str:
    """How a trial was trained: `20 epochs, 64 pixels`, as far as known; without epochs where it has none.

    Pixels: the side of what its network sees, a crop or what a smaller image is enlarged to for an encoder.
    """
    recipe, arguments, data = (json.loads(run[field]) for field in ("recipe", "arguments", "data_spec"))
    side = _number(data.get("crop")) or _number(data.get("image_size"))
    if side and not str(arguments.get("encoder", names.OWN_ENCODER)).startswith(names.OWN_ENCODER):
        side = max(side, _number(arguments.get("pixels")))
    epochs = _number(recipe.get("epochs"))
    counted = f"{epochs} epoch{'' if epochs == 1 else 's'}" if epochs else ""
    if run["kind"] in names.WITHOUT_EPOCHS:
        counted = "frozen" if run["kind"] == names.FROZEN else "no epochs"
    return ", ".join(filter(None, [counted, f"{side} pixels" if side else ""]))


def _number(text: object) -> int:
    """A whole number of a parameter, as the store has it; 0 of one that is not set or not recorded."""
    return int(text) if str(text).isdigit() else 0


def _groups(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """`plain CNN and ResNet-18: 20 epochs, 64 pixels`: arms that share a text together."""
    by_text: dict[str, list[str]] = {}
    for arm, text in pairs:
        by_text.setdefault(text, []).append(arm)
    return [f"{words.listed(arms)}: {text}" for text, arms in by_text.items() if text]


def _apart(found: Recommendation) -> str:
    if found.more_seeds is None:
        return "That is no evidence that they are alike."
    least, most = found.more_seeds
    seeds = f"{least} or more" if most is None else f"{least} to {most}" if most > least else f"{least}"
    return f"That is no evidence that they are alike: were it as seen, {seeds} seeds would tell them apart."


def _behind(found: Recommendation, each: Candidate) -> str:
    if each.failed:
        return UNKNOWN
    if each is found.best:
        return Cell("highest", 0.0)
    return Cell(_narrow(_points(each.behind, "")), each.behind.estimate)


def _amount(value: float, unit: str) -> str:
    return Cell(words.amount(value, unit), value)


def _percent(accuracy: Interval) -> str:
    """`71.4 % (69.8 to 73.0)`."""
    if math.isnan(accuracy.low):
        return f"{100 * accuracy.estimate:.1f} %"
    return f"{100 * accuracy.estimate:.1f} % ({100 * accuracy.low:.1f} to {100 * accuracy.high:.1f})"


def _points(difference: Interval, unit: str = " points") -> str:
    """`2.1 points (0.4 to 3.8)`."""
    amount = f"{100 * difference.estimate:.1f}{unit}"
    if math.isnan(difference.low):
        return amount
    return f"{amount} ({100 * difference.low:.1f} to {100 * difference.high:.1f})".replace("-", "−")


def _narrow(text: str) -> str:
    """An interval for the cell of a table: `(0.4 … 3.8)`."""
    return text.replace(" to ", " … ")


def _ends(interval: Interval) -> dict[str, float | None]:
    return {name: _known(value) for name, value in interval._asdict().items()}


def _known(value: float) -> float | None:
    return None if math.isnan(value) or math.isinf(value) else value
