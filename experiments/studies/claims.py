"""The claims of a study file: one sentence each, read into what a report can test.

    resnet18 reaches 0.80 in fewer epochs than plain_cnn
    resnet18 reaches the common target in fewer epochs than plain_cnn
    resnet18 reaches and holds 0.80 in fewer epochs than plain_cnn
    gap at training accuracy 0.9(resnet18) > gap at training accuracy 0.9(plain_cnn)
    gap(resnet18) > gap(plain_cnn) + 0.02
    plain34 has higher train error than plain18
    test accuracy(resnet18) > test accuracy(plain_cnn) for every train <= 2000
    gap(resnet18 at train=4000) < gap(resnet18 at train=250)

A claim is stated before the trials run, and says what would refute it. docs/claims.md has the vocabulary.
"""

import hashlib
import itertools
import json
import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import SerializerFunctionWrapHandler, model_serializer

from experiments import names, settings, words
from experiments.studies.specification import Frozen

Vary = Mapping[str, Sequence[Any]]
ORDERS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "=": operator.eq}
LONGEST = 4900  # characters of a claim in the store; MLflow keeps 5000 of a tag
_TAIL = r"(?: where (?P<where>.+?))?(?: for every (?P<every>.+))?"
_NUMBER = r"\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_COST = re.compile(
    rf"(?P<left>.+?) reaches (?P<held>and holds )?(?P<target>{_NUMBER}|{names.COMMON_TARGET}) "
    rf"in (?P<word>fewer|more) "
    rf"(?P<cost>\w+) than (?P<right>.+?)(?: by (?P<margin>{_NUMBER}))?{_TAIL}"
)
_WORDS = re.compile(
    rf"(?P<left>.+?) has (?P<word>higher|lower) (?P<metric>.+?) than "
    rf"(?P<right>.+?)(?: by (?P<margin>{_NUMBER}))?{_TAIL}"
)
_OFTEN = re.compile(rf"(?P<left>.+?) trains (?P<word>more|less) often than (?P<right>.+?){_TAIL}")
_SIGNS = re.compile(
    r"(?P<metric>[^()]+?) ?\((?P<left>[^()]+)\) (?P<word>[<>]) (?P<other>[^()]+?) ?\((?P<right>[^()]+)\)"
    rf"(?: (?P<sign>[+-]) (?P<margin>{_NUMBER}))?{_TAIL}"
)
_CONDITION = re.compile(r"(?P<field>[\w.-]+)(?: ?(?P<order><=|>=|<|>|=) ?(?P<bound>.+))?")
FORMS = (
    "ARM reaches 0.8 (or: the common target) in fewer epochs than ARM",
    "ARM has higher METRIC than ARM",
    "METRIC(ARM) > METRIC(ARM) + 0.02",
    "ARM trains more often than ARM",
)


class Comparison(NamedTuple):
    """Two arms, each at its setting; a setting is written as `study.setting` has it."""

    left: str
    left_setting: str
    right: str
    right_setting: str


class Claim(Frozen):
    """left `direction` right + margin, in one metric, for every comparison.

    target: of a cost to reach it, whose metric is then one of names.COSTS; a validation accuracy, or several
    for the common target: the highest of them that half of the trials compared reach. held: two evaluations
    in a row; left out where it is false, as in the claims that were registered before it existed.
    """

    text: str
    metric: str
    target: float | tuple[float, ...] | None
    direction: Literal["<", ">"]
    margin: float
    comparisons: tuple[Comparison, ...]
    held: bool = False

    @model_serializer(mode="wrap")
    def _content(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in fields(self).items() if name != "held" or value}

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of the SHA-256 of what is claimed; other words for the same are the same."""
        content = self.model_dump(mode="json", exclude={"text"})
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def read_claim(text: str, arms: Sequence[str], vary: Vary, targets: Sequence[float] = ()) -> Claim:
    """A claim about the arms of a study, its grid and its targets.

    Raises:
        ValueError: it cannot be read, or speaks of what the study does not have; the message says what could
            stand there.
    """
    line = " ".join(text.split())
    if not line.isprintable():
        raise ValueError("must be text of printable characters")
    found = next((match for form in (_COST, _OFTEN, _SIGNS, _WORDS) if (match := form.fullmatch(line))), None)
    if not found:
        raise ValueError(f"{line!r} cannot be read; write it as one of: {'; '.join(FORMS)}")
    said = found.groupdict()
    fixed = _values(said["where"] or "", vary)
    left, right = (_side(said[side], arms, vary) for side in ("left", "right"))
    sign = -1 if said.get("sign") == "-" or said["word"] in ("fewer", "lower", "less") else 1
    claim = Claim(
        text=line,
        metric=_metric(said),
        target=_target(said.get("target"), targets),
        direction="<" if said["word"] in ("fewer", "lower", "less", "<") else ">",
        margin=sign * float(said.get("margin") or 0) or 0.0,
        comparisons=_comparisons(left, right, fixed, said["every"], vary),
        held=bool(said.get("held")),
    )
    if len(claim.model_dump_json()) > LONGEST:
        raise ValueError(f"{line!r} speaks of {len(claim.comparisons)} settings, too many; narrow it")
    return claim


def _metric(said: dict[str, str | None]) -> str:
    cost = said.get("cost")
    if cost is not None:
        return _one_of(cost, names.COSTS, "cost")
    if "metric" not in said:
        return names.TRAINS
    metric = _levelled(said["metric"])
    if said.get("other") is not None and _levelled(said["other"]) != metric:
        raise ValueError(f"compares {metric!r} with {said['other']!r}; both sides take the same metric")
    # The classes are those of the data, which may not be there yet: a report says where it has no such class.
    if metric.startswith((names.STATED_LEVEL_GAP, names.RECALL_METRIC)):
        return metric
    if metric.startswith(names.STAGE_METRIC) and re.fullmatch(r"\w+", metric[len(names.STAGE_METRIC) :]):
        return metric
    known = (
        *names.CLAIM_METRICS,
        f"{names.STATED_LEVEL_GAP}0.9",
        f"{names.RECALL_METRIC}CLASS",
        f"{names.STAGE_METRIC}STAGE",
    )
    return _one_of(metric, known, "metric")


def _levelled(metric: str) -> str:
    """The metric; a training accuracy in it as it is written shortest, so that 0.90 is 0.9."""
    text = metric.removeprefix(names.STATED_LEVEL_GAP)
    if text == metric:
        return metric
    if not re.fullmatch(_NUMBER, text) or not 0 < float(text) <= 1:
        raise ValueError(f"{metric}: a training accuracy is a number above 0 and at most 1, such as 0.9")
    return f"{names.STATED_LEVEL_GAP}{float(text):g}"


def _target(text: str | None, targets: Sequence[float]) -> float | tuple[float, ...] | None:
    if text is None:
        return None
    if text == names.COMMON_TARGET:
        return tuple(sorted(targets))
    target = float(text)
    if not 0 < target <= 1:
        raise ValueError(f"reaches {text}: a target is a validation accuracy, above 0 and at most 1")
    return target


def _one_of(name: str, known: Sequence[str], what: str) -> str:
    if name in known:
        return name
    raise ValueError(words.unknown(f"unknown {what} {name!r}", name, known))


def _side(text: str, arms: Sequence[str], vary: Vary) -> tuple[str, dict[str, Any]]:
    """`resnet18 at train=250` as the arm and the values it is fixed at."""
    label, _, values = text.partition(" at ")
    return _one_of(label.strip(), arms, "arm"), _values(values, vary)


def _values(text: str, vary: Vary) -> dict[str, Any]:
    """`train=250, crop=16` as varied fields and their values."""
    values = {}
    for name, value in settings.written(text).items():
        path = _field(name, vary)
        match = [each for each in vary[path] if _same(each, value)]
        if not match:
            raise ValueError(f"{name}={value}: {path} takes only: {', '.join(map(str, vary[path]))}")
        values[path] = match[0]
    return values


def _field(name: str, vary: Vary) -> str:
    """The varied field of a short or a whole name."""
    match = [path for path in vary if f".{path}".endswith(f".{name}")]
    if len(match) == 1:
        return match[0]
    if not vary:
        raise ValueError(f"{name}: the study varies nothing")
    problem = "more than one varied field ends so" if match else "the study does not vary it"
    raise ValueError(f"{name}: {problem}; it varies: {', '.join(vary)}")


def _same(value: object, text: str) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(text) == value
        except ValueError:
            return False
    return str(value).replace(" ", "") == text.replace(" ", "")


def _every(text: str, vary: Vary) -> dict[str, list[Any]]:
    """`train <= 2000 and crop` as varied fields and the values it speaks of."""
    chosen = {}
    for part in text.split(" and "):
        said = _CONDITION.fullmatch(part.strip())
        if not said:
            raise ValueError(f"for every {part}: write FIELD, or FIELD <= NUMBER")
        path = _field(said["field"], vary)
        among = chosen.get(path, vary[path])
        chosen[path] = [each for each in among if _holds(each, said["order"], said["bound"])]
        if not chosen[path]:
            values = ", ".join(map(str, vary[path]))
            raise ValueError(f"for every {part}: no value of {path} is meant; it takes: {values}")
    return chosen


def _holds(value: object, order: str | None, bound: str | None) -> bool:
    if order is None:
        return True
    if order == "=":
        return _same(value, bound)
    try:
        return ORDERS[order](float(value), float(bound))
    except (TypeError, ValueError):
        raise ValueError(f"{order} {bound}: only numbers have an order") from None


def _comparisons(
    left: tuple[str, dict], right: tuple[str, dict], fixed: dict[str, Any], every: str | None, vary: Vary
) -> tuple[Comparison, ...]:
    chosen = _every(every, vary) if every else {}
    for label, own in (left, right):
        for path in vary:
            if settings.concerns(path, label) and path not in {**own, **fixed, **chosen}:
                short = path.rpartition(".")[2]
                raise ValueError(
                    f"the study varies {path}: add `where {short}=…`, `for every {short}`, "
                    f"or {label} at {short}=…"
                )
    found = {}
    for values in itertools.product(*chosen.values()):
        point = {**fixed, **dict(zip(chosen, values, strict=True))}
        sides = []
        for label, own in (left, right):
            here = {path: {**point, **own}[path] for path in vary if path in {**point, **own}}
            sides += [label, settings.setting(here, label)]
        if sides[:2] == sides[2:]:
            raise ValueError("compares an arm with itself")
        found[Comparison(*sides)] = None
    return tuple(found)
