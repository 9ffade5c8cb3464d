"""When a study is looked at: its seeds in order, and the numbers of them at which its claims are judged.

It is registered with the claims, before the first trial begins. Whoever looks more often than planned, or
adds seeds until a claim is decided, is wrong more often than 5 %; planned looks are paid for beforehand
(experiments/looks.py).
"""

from experiments import names
from experiments.errors import UserError
from experiments.studies.specification import Frozen, Seed
from experiments.studies.study import Study


class Schedule(Frozen):
    """The seeds in the order in which they are trained, and after how many of them the study is looked at."""

    seeds: list[Seed]
    looks: list[int]

    def after(self, look: int) -> list[int]:
        """The seeds that are complete at a look, which counts from 0."""
        return self.seeds[: self.looks[look]]


def once(study: Study) -> Schedule:
    """One look, when all seeds of the study file are complete."""
    return Schedule(seeds=study.seeds, looks=[len(study.seeds)])


def until_decided(study: Study, most: int = names.LOOKS[-1]) -> Schedule:
    """Looks at names.LOOKS seeds, as far as `most`: the seeds of the file, then the numbers after them.

    Raises:
        UserError: the study states no claim, has one split for all seeds, or `most` is below the first look.
    """
    if not study.claims:
        raise UserError(f"study {study.name!r} states no claim: there is nothing to decide; drop UNTIL")
    if study.splits == "one":
        raise UserError(
            f"study {study.name!r} has one split for all seeds: more of them decide nothing about other "
            "images; give it `splits: each`, or drop UNTIL"
        )
    looks = [*(each for each in names.LOOKS if each < most), most]
    if most < names.LOOKS[0]:
        raise UserError(f"SEEDS={most}: the first look is at {names.LOOKS[0]} seeds; give that many or more")
    return Schedule(seeds=_further(study, most)[:most], looks=looks)


def split_seeds(study: Study, most: int | None = None) -> list[int]:
    """The seeds of every split that the study may come to draw: its own, its sweep's, those of all looks.

    Sizes that fit these stay the same whether or not seeds are added, and so do the trials. most: seeds that
    are asked for, where they are more than the usual looks have.
    """
    furthest = max(names.LOOKS[-1], most or 0)
    seeds = _further(study, furthest) if study.splits == "each" else list(study.seeds)
    swept = study.tune.all_seeds if study.tune else []
    return list(dict.fromkeys(study.split_seed(seed) for seed in [*seeds, *swept]))


def _further(study: Study, most: int) -> list[int]:
    """The seeds of the file, and the numbers after them as far as `most` seeds; none that the sweep uses."""
    seeds, number = list(study.seeds), max(study.seeds)
    kept = set(study.tune.all_seeds) if study.tune else set()
    while len(seeds) < most:
        number += 1
        if number not in kept:
            seeds.append(number)
    return seeds
