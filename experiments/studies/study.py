"""The models of a study file: a question, data, arms, a recipe, seeds, and the grid of trials they span.

Field by field: docs/studies.md.
"""

import contextlib
import copy
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from experiments import catalog, names, settings
from experiments.data.crops import Windows
from experiments.data.facts import CHOICES, SOURCES, Groups, Links, NearDuplicates, OnBad, Wanted
from experiments.studies.claims import Claim, read_claim
from experiments.studies.ladder import Ladder
from experiments.studies.specification import Count, Frozen, PlannedTrial, Recipe, Seed, Trial
from experiments.studies.sweep import Tune

Grey = Annotated[int, Field(ge=0, le=65_535)]


class Data(Frozen):
    """Which images, how many of each split, and their size in pixels."""

    source: str
    image_size: Annotated[int, Field(ge=8, le=4096)] | None = None
    crop: Annotated[int, Field(ge=8, le=4096)] | None = None
    windows: Windows = Field("centre", alias="crops")
    train: Count
    validation: Count
    test: Count
    split_seed: Seed = 0
    near_duplicates: NearDuplicates = "together"
    on_bad: OnBad = "stop"
    links: Links = "refuse"
    groups: Groups = "folders"
    grey_range: tuple[Grey, Grey] | None = Field(None, alias="range")

    @property
    def wanted(self) -> Wanted:
        """What must be prepared for it."""
        return Wanted(
            self.source,
            self.image_size,
            self.near_duplicates,
            self.on_bad,
            self.links,
            self.groups,
            self.grey_range,
        )

    @field_validator("grey_range")
    @classmethod
    def _low_below_high(cls, levels: tuple[int, int] | None) -> tuple[int, int] | None:
        if levels and levels[0] >= levels[1]:
            raise ValueError(f"{list(levels)}: the first level, which becomes black, must be the lower one")
        return levels

    @model_validator(mode="after")
    def _a_grid_needs_a_crop(self) -> "Data":
        if self.windows == "grid" and self.crop is None:
            raise ValueError("crops: 'grid' needs crop, the size of a window in pixels")
        return self

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        if source not in SOURCES and not source.startswith("path:"):
            raise ValueError(f"unknown data source {source!r}; choose from: {CHOICES}")
        if not source.removeprefix("path:"):
            raise ValueError("path: names nothing; expected path:FOLDER or path:LIST.csv")
        if not source.isprintable():
            raise ValueError("must be printable characters")
        try:
            Path(source.removeprefix("path:")).expanduser()
        except RuntimeError as error:  # ~somebody who is not there
            raise ValueError(f"{source!r}: {error}") from None
        return source


MOST_TRIALS = 10_000  # of one study; more is a typing error, or takes years
MOST_OF_A_TITLE = 40  # characters: it stands at the end of a line in a figure
MOST_CLAIMS = 50  # of one study; long before that, no number of seeds that is run can decide one
Digests = dict[Wanted, tuple[str, str]]
Rates = dict[tuple[str, str], float]
Further = Mapping[tuple[str, str], Sequence[float]]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
Accuracy = Annotated[float, Field(gt=0, le=1)]


@contextlib.contextmanager
def _errors_in(field: str) -> Iterator[None]:
    """A validation inside a validation: its first problem becomes the one line of the outer one."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        inner = ".".join([field, *map(str, first["loc"])])
        unknown = first["type"] == "extra_forbidden"
        problem = "unknown field" if unknown else first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{inner}: {problem}") from None


def _distinct(planned: Iterable[PlannedTrial]) -> list[PlannedTrial]:
    """Each trial once: a varied field that does not concern an arm gives the same trial again."""
    first: dict[str, PlannedTrial] = {}
    for each in planned:
        first.setdefault(each.trial.id, each)
    return list(first.values())


class Arm(Frozen):
    """One model of the comparison: a network of the catalog, its arguments, and its departures in recipe."""

    model: str
    arguments: dict[str, Any] = {}
    recipe: dict[str, Any] = {}
    title: Annotated[str, Field(min_length=1, max_length=MOST_OF_A_TITLE)] | None = None

    @field_validator("title")
    @classmethod
    def _printable(cls, title: str | None) -> str | None:
        if title is not None and (not title.isprintable() or title != title.strip()):
            raise ValueError(f"{title!r}: must be printable characters, without a space at its ends")
        return title

    @model_validator(mode="after")
    def _known_model_and_fields(self) -> "Arm":
        catalog.complete_arguments(self.model, self.arguments)
        unknown = sorted(set(self.recipe) - set(Recipe.model_fields))
        if unknown:
            raise ValueError(
                f"recipe.{unknown[0]}: unknown field; choose from: {', '.join(Recipe.model_fields)}"
            )
        return self


class Study(Frozen):
    """A whole study file."""

    name: Name
    question: Annotated[str, Field(min_length=1, max_length=1000)]
    data: Data
    models: Annotated[dict[Name, Arm], Field(min_length=1)]
    recipe: Recipe = Recipe()
    seeds: Annotated[list[Seed], Field(min_length=1)] = [1, 2, 3, 4, 5, 6]
    targets: Annotated[list[Accuracy], Field(min_length=1)] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    splits: Literal["each", "one"] = "each"
    vary: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    tune: Tune | None = None
    ladder: Ladder | None = None
    claims: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=MOST_CLAIMS)] = []

    @model_validator(mode="before")
    @classmethod
    def _default_model_is_the_label(cls, study: Any) -> Any:  # noqa: ANN401 - raw YAML
        if not isinstance(study, dict) or not isinstance(study.get("models"), dict):
            return study
        models = {
            label: {"model": label, **(arm or {})} if isinstance(arm or {}, dict) else arm
            for label, arm in study["models"].items()
        }
        return {**study, "models": models}

    @field_validator("question")
    @classmethod
    def _plain_text(cls, question: str) -> str:
        line = " ".join(question.split())
        if not line.isprintable() or not line:
            raise ValueError("must be text of printable characters")
        return line

    @field_validator("seeds", "targets")
    @classmethod
    def _distinct(cls, values: list[Any]) -> list[Any]:
        if len(set(values)) < len(values):
            raise ValueError("the values must differ from each other")
        return values

    @model_validator(mode="after")
    def _every_arm_and_point_is_valid(self) -> "Study":
        points = math.prod(len(values) for values in self.vary.values())
        trials = points * len(self.models) * len(self.seeds)
        if trials > MOST_TRIALS:
            raise ValueError(f"vary: {trials:,} trials, more than the {MOST_TRIALS:,} that a study may have")
        for label, arm in self.models.items():
            with _errors_in(f"models.{label}.recipe"):
                recipe = self.recipe_of(arm)
            if recipe.chosen_by != self.recipe.chosen_by:
                raise ValueError(
                    f"models.{label}.recipe.chosen_by: is the same for all arms; state it in recipe"
                )
        if "recipe.chosen_by" in self.vary:
            raise ValueError("vary.recipe.chosen_by: is the same for all trials of a study")
        for point in self._points() if self.vary else []:
            with _errors_in("vary"):
                self._at(point)
        if self.splits == "each" and self.data.split_seed:
            raise ValueError(
                "data.split_seed: each seed draws a split of its own; it belongs to `splits: one`"
            )
        for seed in self.tune.all_seeds if self.tune else ():
            if seed in self.seeds:
                field = "seeds" if self.tune.seed is None else "seed"
                raise ValueError(f"tune.{field}: {seed} stands in seeds; results need seeds of their own")
        for arm in self.tune.arms if self.tune else ():
            if arm not in self.models:
                raise ValueError(f"tune.arms.{arm}: no such arm; choose from: {', '.join(self.models)}")
            if not catalog.has_rate(self.models[arm].model):
                raise ValueError(f"tune.arms.{arm}: {self.models[arm].model} has no learning rate")
        for arm in self.ladder.arms if self.ladder else ():
            if arm not in self.models:
                raise ValueError(f"ladder.arms.{arm}: no such arm; choose from: {', '.join(self.models)}")
        return self

    @model_validator(mode="after")
    def _every_claim_can_be_read(self) -> "Study":
        seen: dict[str, str] = {}
        for position, claim in enumerate(self.claims):
            try:
                read = read_claim(claim, list(self.models), self.vary, self.targets)
            except ValueError as error:
                raise ValueError(f"claims.{position}: {error}") from None
            if earlier := seen.get(read.digest):
                raise ValueError(f"claims.{position}: says the same as {earlier!r}")
            seen[read.digest] = claim
        return self

    def stated(self) -> list[Claim]:
        """The claims, read."""
        return [read_claim(claim, list(self.models), self.vary, self.targets) for claim in self.claims]

    def recipe_of(self, arm: Arm) -> Recipe:
        """The study's recipe with the arm's departures."""
        return Recipe.model_validate({**self.recipe.model_dump(), **arm.recipe})

    def trials(self, digests: Digests, rates: Rates | None = None) -> list[PlannedTrial]:
        """Every trial, seed-major: the first fifth of five seeds is one whole comparison.

        Args:
            digests: the data digest and partition of all that `sources()` lists.
            rates: the learning rate that tuning chose for each (arm, setting).
        """
        return _distinct(
            PlannedTrial(
                study._trial(arm, seed, digests, (rates or {}).get((label, setting))),
                label, order, setting, study.data.source,
            )
            for seed in self.seeds
            for study, label, order, arm, setting in self.arms_at_settings()
        )  # fmt: skip

    def tuning_trials(self, digests: Digests, further: Further | None = None) -> list[PlannedTrial]:
        """The sweep: every arm that has a rate, and setting, at every rate, on the tuning seeds.

        None without `tune`.

        further: by (arm, setting), the rates that extend its ladder; their trials come last.
        """
        if not self.tune:
            return []
        arms = [
            (study._of_few(self.tune.images), label, order, arm, setting)
            for study, label, order, arm, setting in self.arms_at_settings()
            if catalog.has_rate(arm.model)
        ]
        places = range(len(self.tune.learning_rate))
        ladder = (
            (seed, self.tune.ladder(at[1])[place], at)
            for seed, place, at in itertools.product(self.tune.all_seeds, places, arms)
        )
        beyond = (
            (seed, rate, at)
            for seed, at in itertools.product(self.tune.all_seeds, arms)
            for rate in (further or {}).get((at[1], at[4]), ())
        )
        return _distinct(
            PlannedTrial(
                study._trial(arm, seed, digests, rate),
                label, order, setting, study.data.source, names.TUNE_ROLE,
            )
            for seed, rate, (study, label, order, arm, setting) in itertools.chain(ladder, beyond)
        )  # fmt: skip

    def _of_few(self, images: int | None) -> "Study":
        """The study on so many images of each split at most."""
        if images is None:
            return self
        sizes = {name: min(images, getattr(self.data, name)) for name in ("train", "validation", "test")}
        return self.model_copy(update={"data": self.data.model_copy(update=sizes)})

    def arms_at_settings(self) -> Iterator[tuple["Study", str, int, Arm, str]]:
        """At each point of the grid: the study there, and each arm with its label, order and setting."""
        for point in self._points():
            study = self._at(point)
            for order, (label, arm) in enumerate(study.models.items()):
                yield study, label, order, arm, settings.setting(point, label)

    def sources(self) -> list[Wanted]:
        """The data that the grid uses, each once."""
        return list(dict.fromkeys(self._at(point).data.wanted for point in self._points()))

    def _trial(self, arm: Arm, seed: int, digests: Digests, rate: float | None) -> Trial:
        data, recipe = self.data, self.recipe_of(arm)
        digest, partition = digests[data.wanted]
        return Trial(
            model=arm.model,
            arguments=catalog.complete_arguments(arm.model, arm.arguments),
            data_digest=digest,
            partition=partition,
            **data.model_dump(include={*Trial.model_fields} - {"split_seed"}),
            recipe=recipe if rate is None else recipe.model_copy(update={"learning_rate": rate}),
            split_seed=self.split_seed(seed),
            seed=seed,
            results_version=names.RESULTS_VERSION,
        )

    def split_seed(self, seed: int) -> int:
        """The seed that draws the images of a seed's trials: itself, or with `splits: one` that of all."""
        return seed if self.splits == "each" else self.data.split_seed

    def _points(self) -> list[dict[str, Any]]:
        """The grid: one mapping of dotted field to value for each combination of `vary`."""
        return [
            dict(zip(self.vary, values, strict=True)) for values in itertools.product(*self.vary.values())
        ]

    def _at(self, point: dict[str, Any]) -> "Study":
        document = copy.deepcopy(self.model_dump())
        document |= {"vary": {}, "claims": []}
        for path, value in point.items():
            *parents, last = path.split(".")
            parent: Any = document
            for part in parents:
                parent = parent.get(part) if isinstance(parent, dict) else None
            if not parents or parents[0] not in {"data", "recipe", "models"} or not isinstance(parent, dict):
                raise ValueError(
                    f"vary.{path}: no such field; vary data.…, recipe.… or models.<arm>.arguments.…"
                )
            parent[last] = value
        return Study.model_validate(document)
