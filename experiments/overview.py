"""A plan in a few lines: the question, the data and what to know of it, what is to train and for how long."""

from experiments import arguments, plan, progress, registry
from experiments.datasets import Wanted
from experiments.index import Facts
from experiments.plan import Plan


def told(made: Plan) -> str:
    """The lines, for a terminal."""
    study, waiting = made.study, len(made.waiting)
    done = len(made.trials) - waiting
    lines = [f"{study.name}: {study.question}", *_data(made)]
    if not waiting:
        complete = "its trial is complete" if done == 1 else f"all {done} trials are complete"
        return "\n".join([*lines, f"{complete}; nothing to train"])
    due = made.waiting + made.later
    macs = sum(made.costs[each.trial.id].training_macs(each.trial) for each in due)
    total = len(made.trials) + len(made.later)
    lines.append(
        f"{waiting + len(made.later)} of {total} trials to train, {amount(macs)}, "
        f"{min(made.workers, len(due))} at a time: about {progress.duration(made.eta_seconds)}"
    )
    if warning := registry.warning(study):
        lines.append(f"note: {warning}")
    if made.later:
        lines.append(f"{waiting} of them choose the learning rates first, the other {len(made.later)} follow")
    return "\n".join(lines)


def _data(made: Plan) -> list[str]:
    """Each data set in a line, with what must be known of it."""
    trials = [each.trial for each in made.trials + made.later]
    counts = []
    for name, text in (("train", "training"), ("validation", "validation"), ("test", "test")):
        sizes = sorted({getattr(trial, name) for trial in trials})
        counts.append(" to ".join(f"{size:,}" for size in dict.fromkeys([sizes[0], sizes[-1]])) + f" {text}")
    lines = [f"data: {_described(*each)}: {', '.join(counts)} images" for each in made.data.items()]
    lines += [f"note: {told}" for told in _stems(made)]
    notices = (notice for facts in made.data.values() for notice in facts.told)
    return [*dict.fromkeys(lines), *(f"note: {notice}" for notice in dict.fromkeys(notices))]


def _stems(made: Plan) -> list[str]:
    """A line for networks whose first layers are made for large photographs, on small ones."""
    small: dict[tuple[int, int], list[str]] = {}
    by_content = {(facts.digest, facts.partition): facts for facts in made.data.values()}
    for each in made.trials + made.later:
        height, width, _ = by_content[plan.content_of(each.trial)].image_shape
        seen = (each.trial.crop or height, each.trial.crop or width)
        if each.trial.arguments.get("stem") == "imagenet" and min(seen) < arguments.SMALL_STEM_BELOW:
            small.setdefault(seen, []).append(each.arm)
    return [
        f"{', '.join(dict.fromkeys(arms))}: stem imagenet leaves a quarter of {width}×{height} pixels to the "
        "first block; stem: small, under arguments, is usual for small images"
        for (height, width), arms in small.items()
    ]


def _described(wanted: Wanted, facts: Facts) -> str:
    height, width, channels = facts.image_shape
    colours = "grey" if channels == 1 else "RGB"
    return f"{wanted.source}, {len(facts.classes)} classes, {width}×{height} {colours}"


def amount(macs: float) -> str:
    """Multiply-accumulates with their unit: `7.1 T MACs`."""
    return f"{macs / 1e12:,.1f} T MACs" if macs >= 1e11 else f"{macs / 1e9:,.1f} G MACs"
