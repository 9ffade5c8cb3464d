"""The recommendation for people and scripts: which arm to use, at what cost, and what may change it."""

import json
import math
from collections.abc import Iterable

from experiments import names
from reports import words
from reports.answers import recommendation
from reports.answers.recommendation import Candidate, Recommendation
from reports.numbers import sweep
from reports.numbers.intervals import Interval
from reports.store.record import Record

RIGHT = {  # what a share of test images is of, as people say it
    names.TEST_ACCURACY: "of new images right",
    names.BALANCED_ACCURACY: "of new images right, each class counting alike",
}
EXPLANATION = (
    "Right: mean over seeds with its 95 % interval, which is wider than the ± of the answer where seeds test "
    "some images in common. Behind: the lead of the highest mean over this arm, with its interval at "
    "{level:.3g} %, so that all of them hold in 95 % of studies; where it lies wholly above 0, the arm was "
    "shown to be worse, though a claim about it, of which an exact p is asked too, may still be open. "
    "An image: its prediction, in batches, on the machine that trained."
)


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
    if chosen is best and not found.as_good:
        lines.append("It has the highest mean, and every other arm was shown to be worse.")
    elif chosen is best:
        lines.append("It has the highest mean, and is the cheapest of those not shown to be worse.")
    else:
        lines.append(
            "It is the cheapest at prediction of the arms that were not shown to be worse than "
            f"{called(best.arm)}, which has the highest mean: {_points(chosen.behind)} between them. "
            f"{_apart(found)}"
        )
    if others := [each for each in found.as_good if each is not best]:
        listed = [
            f"{called(each.arm)} ({_points(each.behind)} behind {called(best.arm)}, {each.cost.text})"
            for each in others
        ]
        lines.append(f"Not shown to be worse either: {words.listed(listed)}.")
    if found.worse:
        listed = [f"{called(each.arm)} by {_points(each.behind)}" for each in found.worse]
        lines.append(f"Shown to be worse than {called(best.arm)}: {words.listed(listed)}.")
    if out := [each for each in found.candidates if each.failed]:
        listed = [f"{called(each.arm)} at {each.failed} of {found.seeds} seeds" for each in out]
        lines.append(f"Not recommended, since they did not train: {words.listed(listed)}.")
    lines.append(_change(record, found))
    lines.append(f"To hand it over: make deliver RUN={found.trial}, its trial of the best validation.")
    return lines


def advice(record: Record) -> list[str]:
    """The sentences of a study that can recommend an arm; none of another."""
    return [] if recommendation.lacking(record) else sentences(record)


def table(record: Record) -> list[list[str]]:
    """A row for each arm, by falling accuracy, below a header; empty where nothing is recommended."""
    found = None if recommendation.lacking(record) else recommendation.recommend(record)
    if found is None:
        return []
    rows = [["Arm", "Right", "Behind, in points", "An image", "Model", ""]]
    for each in found.candidates:
        out = "did not always train" if each.failed else "worse" if each.worse else ""
        rows.append(
            [
                record.title(each.arm),
                _narrow(_percent(each.accuracy)),
                "highest" if each is found.best else _narrow(_points(each.behind, "")),
                _amount(each.cost.prediction_ms, "ms"),
                _amount(each.cost.model_mib, "MiB"),
                "use" if each is found.chosen else out,
            ]
        )
    known = [any(cell != "–" for cell in column) for _, *column in zip(*rows, strict=True)]
    return [[cell for cell, shown in zip(row, known, strict=True) if shown] for row in rows]


def explanation(record: Record) -> str:
    """What the columns of the table are; empty where there is none."""
    found = None if recommendation.lacking(record) else recommendation.recommend(record)
    return EXPLANATION.format(level=100 * found.level) if found else ""


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
        "confidence": found.level,
        "arms": [
            {
                "arm": each.arm,
                "accuracy": _ends(each.accuracy),
                "behind_best": _ends(each.behind),
                "shown_to_be_worse": each.worse,
                "failed": each.failed,
                "trained": _trained(record, each.arm),
                **{name: _known(value) for name, value in each.cost._asdict().items()},
            }
            for each in found.candidates
        ],
    }


def _change(record: Record, found: Recommendation) -> str:
    """What would lead to another arm: another wish, or arms that are trained otherwise."""
    called, chosen, best = record.title, found.chosen, found.best
    parts = []
    if chosen is not best:
        parts.append(f"Where the time of a prediction is no matter, take {called(best.arm)}.")
    if faster := _faster(found):
        times = f"{faster.cost.prediction_ms:.2g} ms an image in place of {chosen.cost.prediction_ms:.2g}"
        parts.append(
            f"Where it matters more than accuracy, {called(faster.arm)} takes {times}, "
            f"{_points(faster.behind)} behind the highest mean."
        )
    trained = words.listed(
        _groups((called(each.arm), _trained(record, each.arm)) for each in found.candidates)
    )
    parts.append(
        f"All of it is said of arms as they were trained here ({trained}); longer training, larger images "
        "or more photographs may put them in another order."
    )
    swept = (
        [each for each in sweep.arms(record.tuning) if each.within_spread] if not record.tuning.empty else []
    )
    if swept:
        parts.append(
            f"The rate of {words.listed([each.label for each in swept])} led the sweep by no more than its "
            "seeds differ: another may be as good or better."
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


def _trained(record: Record, arm: str) -> str:
    """How an arm was trained: `20 epochs, 64 pixels`; of a frozen encoder the side of what it sees."""
    run = record.runs[record.runs["arm"] == arm].iloc[0]
    recipe, arguments, data = (json.loads(run[field]) for field in ("recipe", "arguments", "data_spec"))
    side = arguments.get("pixels") or data.get("image_size", "None")
    seen = "" if side in (None, "None") else f"{side} pixels"
    if run["kind"] == names.FROZEN:
        return ", ".join(filter(None, ["frozen", seen]))
    epochs = recipe.get("epochs", "")
    counted = f"{epochs} epoch{'' if epochs == '1' else 's'}" if epochs else ""
    return ", ".join(filter(None, [counted, seen]))


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


def _amount(value: float, unit: str) -> str:
    return "–" if math.isnan(value) else f"{value:.2g} {unit}"


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
