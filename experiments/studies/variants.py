"""A study document made smaller: reduced to a smoke test, or to other split sizes. Reads nothing."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments import names

SMOKE = {"data": {"train": 80, "validation": 40, "test": 40}, "recipe": {"epochs": 1, "warmup_epochs": 0}}
SMOKE_STEPS = 4  # of an epoch, where a study says how many
TUNING_SEED = 100  # of a reduced sweep whose file names none
SMOKE_VARIED = 160  # training images at most where their number varies: the fewest of them must do


def reduced(document: dict[str, Any]) -> dict[str, Any]:
    """The same arms and grid on a few images, for one epoch and one seed: does it run at all?"""
    arms = {
        label: {**(arm or {}), "recipe": _short((arm or {}).get("recipe", {}))}
        for label, arm in document["models"].items()
    }
    small = {
        **document,
        "name": f"{document['name']}-smoke",
        "recipe": {**_short(document.get("recipe", {})), "batch_size": 20},
        "models": arms,
        "seeds": document.get("seeds", [1])[:1],
        "claims": [],  # one seed decides nothing
    }
    if document.get("tune"):
        small["tune"] = _short_sweep(document["tune"])
    train = SMOKE_VARIED if names.PARAM_TRAIN_SIZE in document.get("vary", {}) else SMOKE["data"]["train"]
    return sized(small, {**SMOKE["data"], "train": train})


def _short(recipe: dict[str, Any]) -> dict[str, Any]:
    steps = {"steps": SMOKE_STEPS} if recipe.get("steps") else {}
    return {**recipe, **SMOKE["recipe"], **steps}


def _short_sweep(tune: dict[str, Any]) -> dict[str, Any]:
    """Two rates on one seed, which is what older files have."""
    seeds = [tune["seed"]] if tune.get("seed") is not None else tune.get("seeds") or [TUNING_SEED]
    arms = {arm: rates[:2] for arm, rates in tune.get("arms", {}).items()}
    return {"learning_rate": tune["learning_rate"][:2], "arms": arms, "seed": seeds[0]}


def in_precision(document: dict[str, Any], precision: str) -> dict[str, Any]:
    """The document with every arm in this precision; its name ends in it."""
    arms = {
        label: {**(arm or {}), "recipe": {**((arm or {}).get("recipe") or {}), "precision": precision}}
        for label, arm in document["models"].items()
    }
    recipe = {**(document.get("recipe") or {}), "precision": precision}
    return {
        **document,
        "name": names.experiment_name(document["name"], precision=precision),
        "recipe": recipe,
        "models": arms,
    }


def on_source(document: dict[str, Any], data: str) -> dict[str, Any]:
    """The document on other data; its name then ends in the data's name."""
    return {
        **document,
        "name": names.experiment_name(document["name"], located(data)),
        "data": {**document["data"], "source": data},
    }


def located(data: str) -> str:
    """A data source with the path of a folder or list made absolute."""
    if not data.startswith("path:"):
        return data
    return f"path:{Path(data.removeprefix('path:')).expanduser().resolve()}"


def sized(document: dict[str, Any], sizes: dict[str, int]) -> dict[str, Any]:
    """The document with other split sizes; training sizes that vary keep their proportions up to `train`.

    So do they in its claims: the largest stays the largest.
    """
    resized = {**document, "data": {**document["data"], **sizes}}
    varied = document.get("vary", {}).get(names.PARAM_TRAIN_SIZE)
    if varied and max(varied) != sizes["train"]:

        def scaled(size: int) -> int:
            return max(1, sizes["train"] * size // max(varied))

        resized["vary"] = {**document["vary"], names.PARAM_TRAIN_SIZE: [*map(scaled, varied)]}
        resized["claims"] = rewritten(
            document.get("claims", []),
            TRAIN_SIZE,
            lambda found: f"{found[1]}{scaled(int(float(found[2])))}",
        )
    return resized


TARGET = re.compile(r" reaches \d\S* in ")
TRAIN_SIZE = re.compile(r"\b((?:data\.)?train ?(?:<=|>=|<|>|=) ?)(\d+(?:\.\d+)?(?:[eE]\+?\d+)?)(?![\w.])")


def rewritten(claims: list[str], form: re.Pattern, by: str | Callable[[re.Match], str]) -> list[str]:
    """The claims with what has this form replaced; those that say the same then are one."""
    return [*dict.fromkeys(form.sub(by, " ".join(claim.split())) for claim in claims)]
