"""A plan in a few lines: the question, the data and what to know of it, what is to train and for how long."""

import math
from collections.abc import Sequence

from experiments import catalog, names, processes, settings, words
from experiments.data.facts import Facts, Wanted
from experiments.planning import feasible, power
from experiments.planning.plan import Plan
from experiments.planning.rates import MOST_STEPS
from experiments.processes import gpus
from experiments.studies.study import Study


def text(plan: Plan) -> str:
    """The lines, for a terminal."""
    study, waiting = plan.study, len(plan.waiting)
    done = len(plan.trials) - waiting
    lines = [f"{study.name}: {study.question}", *_data(plan)]
    if not waiting:
        complete = "its trial is complete" if done == 1 else f"all {done} trials are complete"
        return "\n".join([*lines, f"{complete}; nothing to train"])
    due = plan.waiting + plan.later
    macs = sum(plan.costs[each.trial.id].training_macs(each.trial) for each in due)
    total = len(plan.trials) + len(plan.later)
    lines.append(
        f"{waiting + len(plan.later)} of {total} trials to train, {words.macs_amount(macs)}, "
        f"{min(plan.workers, len(due))} at a time on {_machine(plan)}: about "
        f"{words.duration(plan.eta_seconds)}"
    )
    lines += _unused_gpu(plan)
    if warning := too_few_seeds(study, plan.schedule.looks):
        lines.append(f"note: {warning}")
    if plan.later:
        lines.append(_sweep(plan))
    return "\n".join([*lines, *_power(plan)])


def after_sweep(plan: Plan) -> str:
    """What follows in the same command once a sweep, or a part of it, is complete; a line or two."""
    time = f"about {words.duration(plan.eta_seconds)}"
    if plan.later:
        count = words.counted(len(plan.waiting), "trial")
        return (
            f"{count} extend the ladder of learning rates where the best was at its end, the other "
            f"{len(plan.later)} follow: {time}"
        )
    rates: dict[str, list[float]] = {}
    for each in plan.trials:
        if each.role == names.RESULT_ROLE and catalog.has_rate(each.trial.model):
            where = f"{each.arm} · {settings.readable(each.setting)}" if each.setting else each.arm
            rates.setdefault(where, []).append(each.trial.recipe.learning_rate)
    chosen = [
        f"{arm} {' / '.join(f'{rate:g}' for rate in sorted({*of_arm}))}" for arm, of_arm in rates.items()
    ]
    told = f"learning rates, chosen on validation: {', '.join(chosen)}"
    if not plan.waiting:
        return f"{told}\nnothing is left to train"
    return f"{told}\n{words.counted(len(plan.waiting), 'trial')} follow: {time}"


def _machine(plan: Plan) -> str:
    """What trials run on: the processor, or the names of GPUs."""
    used = {plan.costs[each.trial.id].device for each in plan.waiting + plan.later} - {""}
    if not used:
        return f"the processor ({processes.cpu()})"
    cards = [card.name for card in plan.cards if card.device in plan.devices]
    counted = [f"{cards.count(name)} × {name}" for name in dict.fromkeys(cards)]
    return ", ".join(counted or sorted(used))


def _unused_gpu(plan: Plan) -> list[str]:
    """A line where the machine has a GPU that nobody declined, and tensorflow does not use it."""
    declined = set(plan.devices) == {""}
    used = any(plan.costs[each.trial.id].device for each in plan.waiting + plan.later)
    if used or declined or not gpus.are_there():
        return []
    return ["note: tensorflow cannot use the GPU of this machine; `make doctor` says what is missing"]


def _sweep(plan: Plan) -> str:
    """What the trials of the sweep are for, and those that may follow."""
    tune, waiting = plan.study.tune, len(plan.waiting)
    extended = any(
        each.trial.recipe.learning_rate not in tune.ladder(each.arm)
        for each in plan.waiting
        if each.role == names.TUNE_ROLE
    )
    if extended:
        return (
            f"{waiting} of them extend the ladder of learning rates where the best was at its end, the other "
            f"{len(plan.later)} follow"
        )
    line = f"{waiting} of them choose the learning rates first, the other {len(plan.later)} follow"
    if tune.seed is not None:
        return line
    return (
        f"{line}; an arm whose best rate is at an end of the ladder gets up to {MOST_STEPS} more there, "
        f"{len(tune.all_seeds)} trials each"
    )


def _power(plan: Plan) -> list[str]:
    """For each claim that seeds decide, which difference the planned ones could show; none on one split.

    A claim about how often an arm trains counts seeds, not differences.
    """
    study, planned = plan.study, plan.schedule.looks
    tested = [claim for claim in study.stated() if claim.metric not in names.EXACT_METRICS]
    compared = [claim for claim in tested if claim.metric != names.TRAINS]
    if not compared or study.splits == "one":
        return []
    from experiments import looks  # only here: a plan without claims answers in half the time

    if len(study.seeds) > planned[-1]:
        return [
            f"claims: {len(study.seeds)} seeds are more than the {planned[-1]} that were planned before the "
            "first trial: those beyond are judged by an e-value, which decides less often"
        ]
    seeds = planned[-1]
    level = looks.level(len(tested), planned, power.ALPHA)
    least = power.detectable(seeds, level, _share(plan))
    counted = f"{seeds} {'seed' if seeds == 1 else 'seeds'}, {len(tested)} tested"
    if len(planned) > 1:
        counted = f"{counted}, {len(planned)} looks"
    if math.isinf(least):
        return [f"claims: {counted}: none of the claims can be decided, whatever the difference"]
    lines = [
        f"claims: {power.POWER:.0%} of studies like this ({counted}, level {level:.3g}) decide one where "
        f"arms differ by {least:.2f} times what that difference varies from seed to seed (its standard "
        f"deviation): by {0.01 * least:.3f}, say, where it varies by 0.01"
    ]
    for claim in compared:
        known = power.spread(claim, plan.trials, plan.work)
        beyond = "beyond the margin, " if claim.margin else ""
        if known:
            spread, pairs = known
            lines.append(
                f"  {claim.text}: {beyond}{least * spread:.2g} ({least:.2f} standard deviations of "
                f"{spread:.2g}, as {pairs} seeds had it so far)"
            )
        elif beyond:
            lines.append(f"  {claim.text}: {beyond}{least:.2f} standard deviations")
    return lines


def _share(plan: Plan) -> float:
    """The largest share of a pool of images that a trial is tested or validated on."""
    by_content = {(facts.digest, facts.partition): facts for facts in plan.data.values()}
    pools = (
        (max(each.trial.validation, each.trial.test), by_content[feasible.content_of(each.trial)])
        for each in plan.trials + plan.later
    )
    return min(0.5, max(part / sum(facts.parts.values()) for part, facts in pools))


def _data(plan: Plan) -> list[str]:
    """Each data set in a line, with what must be known of it."""
    trials = [each.trial for each in plan.trials + plan.later]
    counts = []
    for name, text in (("train", "training"), ("validation", "validation"), ("test", "test")):
        sizes = sorted({getattr(trial, name) for trial in trials})
        counts.append(" to ".join(f"{size:,}" for size in dict.fromkeys([sizes[0], sizes[-1]])) + f" {text}")
    lines = [f"data: {_described(*each)}: {', '.join(counts)} images" for each in plan.data.items()]
    lines += [f"note: {line}" for line in _stems(plan)]
    notices = (notice for facts in plan.data.values() for notice in facts.notices)
    return [*dict.fromkeys(lines), *(f"note: {notice}" for notice in dict.fromkeys(notices))]


def _stems(plan: Plan) -> list[str]:
    """A line for networks whose first layers are made for large photographs, on small ones."""
    small: dict[tuple[int, int], list[str]] = {}
    by_content = {(facts.digest, facts.partition): facts for facts in plan.data.values()}
    for each in plan.trials + plan.later:
        height, width, _ = by_content[feasible.content_of(each.trial)].image_shape
        seen = (each.trial.crop or height, each.trial.crop or width)
        if each.trial.arguments.get("stem") == "imagenet" and min(seen) < catalog.SMALL_STEM_BELOW:
            small.setdefault(seen, []).append(each.arm)
    return [
        f"{', '.join(dict.fromkeys(arms))}: stem imagenet leaves a quarter of {width}×{height} pixels to the "
        "first block; stem: small, under arguments, is usual for small images"
        for (height, width), arms in small.items()
    ]


def _described(wanted: Wanted, facts: Facts) -> str:
    height, width, channels = facts.image_shape
    colours = "grey" if channels == 1 else "RGB"
    left_out = f", {facts.left_out:,} more left out" if facts.left_out else ""
    return (
        f"{wanted.source}, {facts.images:,} images of {len(facts.classes)} classes{left_out}, "
        f"{width}×{height} {colours}"
    )


def too_few_seeds(study: Study, planned: Sequence[int] | None = None) -> str | None:
    """A line where the seeds are too few to decide as many claims, or none.

    planned: the numbers of seeds of the looks; one look at all seeds by default.

    n pairs have an exact two-sided p of 2 / 2^n at least; n against n trials, which `splits: one` compares,
    2 / C(2n, n). Holm's procedure multiplies the smallest of m by m.
    """
    if planned and len(planned) > 1:
        return _early_looks(study, planned)
    least_p = power.least_p if study.splits == "each" else least_p_unpaired
    seeds = len(study.seeds)
    claims = sum(claim.metric not in names.EXACT_METRICS for claim in study.stated())
    if not claims or claims * least_p(seeds) <= power.ALPHA:
        return None
    enough = next(n for n in range(seeds, 30) if claims * least_p(n) <= power.ALPHA)
    most = math.floor(power.ALPHA / least_p(seeds))
    decided = f"at most {most}" if most else "none"
    return (
        f"{seeds} {'seed' if seeds == 1 else 'seeds'} can decide {decided} of a study's claims at "
        f"p = {power.ALPHA:g} (Holm), and this one states {claims}: use {enough} seeds or more"
    )


def _early_looks(study: Study, planned: Sequence[int]) -> str | None:
    """A line where the first looks can decide nothing yet, for all that seeds could show."""
    from experiments import looks

    claims = sum(claim.metric not in names.EXACT_METRICS for claim in study.stated())
    level = looks.level(claims, planned, power.ALPHA)
    early = [count for count in planned if power.least_p(count) > level]
    if not claims or not early:
        return None
    counted = ", ".join(map(str, early))
    whose = "the claim" if claims == 1 else f"a claim while all {claims} are open"
    look = "look" if len(early) == 1 else "looks"
    alike = f"seeds that all agree have p = {power.least_p(early[0]):.2g} after {early[0]}"
    return (
        f"the {look} after {counted} seeds cannot decide {whose}: {alike}, and each of {len(planned)} looks "
        f"takes {level:.2g}"
    )


def least_p_unpaired(n: int) -> float:
    """The smallest two-sided p of an exact permutation test of n against n."""
    return min(1.0, 2 / math.comb(2 * n, n))
