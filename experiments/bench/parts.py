"""Each part of the bench: what is measured how often, and the table that it makes."""

import contextlib
import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import geometric_mean, median

from experiments import processes
from experiments.bench import planning as plans
from experiments.bench import reports as drawn
from experiments.bench import resume as resumed
from experiments.bench import study as studies
from experiments.bench.networks import NETWORKS, Timed
from experiments.bench.page import Part, ratio
from experiments.bench.standing import Standing
from experiments.command_line import say
from experiments.studies.specification import Precision

HARNESS, FIT, PYTORCH = "harness", "model.fit", "PyTorch"
Rates = dict[Precision, dict[str, list[float]]]  # images/s a round, by precision and way


def precisions() -> list[Precision]:
    """Those that this machine has."""
    return ["float32", "bfloat16"] if processes.computes_in_bfloat16() else ["float32"]


def training(rounds: int) -> Part:
    """Images/s of five networks in the harness, against a bare `fit` and PyTorch in the same precision."""
    found = {name: _rates(timed, rounds) for name, timed in NETWORKS.items()}
    rows, numbers = [], {}
    for name, by_precision in found.items():
        for precision, ways in by_precision.items():
            to = {way: _ratios(ways[HARNESS], ways[way]) for way in ways if way != HARNESS}
            rows.append(
                [
                    name,
                    _shape(NETWORKS[name]),
                    precision,
                    *(f"{median(ways[way]):,.0f}" if way in ways else "–" for way in (HARNESS, FIT, PYTORCH)),
                    ratio(to[FIT]),
                    ratio(to.get(PYTORCH, [])),
                ]
            )
            numbers[f"{name}, {precision}"] = {"images/s": ways, "harness to": to}
    notes = []
    for precision in precisions():
        for way in (FIT, PYTORCH):
            ratios = [
                median(_ratios(each[precision][HARNESS], each[precision][way]))
                for each in found.values()
                if way in each[precision]
            ]
            if ratios:
                notes.append(
                    f"Harness to {way}, {precision}: geometric mean {geometric_mean(ratios):.2f}, least "
                    f"{min(ratios):.2f}."
                )
    return Part(
        title="Training",
        method=(
            f"Images/s of training steps on one thread, medians of {rounds} rounds; every way in a process "
            "of its own, warmed up, one at a time. Ratios of one round: median (least–most)."
        ),
        header=["Network", "Input", "Precision", HARNESS, FIT, PYTORCH, "to fit", "to PyTorch"],
        rows=rows,
        numbers=numbers,
        notes=[" ".join(notes)] if notes else [],
    )


def _shape(timed: Timed) -> str:
    height, width, channels = timed.shape
    return f"{height}×{width}×{channels}, {timed.batch}"


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def _rates(timed: Timed, rounds: int) -> Rates:
    """All ways of one network stand side by side and take turns."""
    with contextlib.ExitStack() as stack:
        ways: dict[tuple[Precision, str], Standing] = {}
        for precision in precisions():
            words = (timed.name, precision)
            ways[precision, HARNESS] = Standing("experiments.bench.harness", *words, str(rounds))
            ways[precision, FIT] = Standing("experiments.bench.bare", *words)
            if importlib.util.find_spec("torch"):
                ways[precision, PYTORCH] = Standing("experiments.bench.pytorch", *words)
        for way in ways.values():
            stack.enter_context(way)
        for way in ways.values():
            way.ready()
        found: Rates = {precision: {} for precision in precisions()}
        for _ in range(rounds):
            for (precision, name), way in ways.items():
                found[precision].setdefault(name, []).append(way.rate())
    for precision, rates in found.items():
        told = ", ".join(f"{name} {median(each):,.0f}" for name, each in rates.items())
        say(f"  {timed.name}, {precision}: {told} images/s")
    return found


def study(rounds: int) -> Part:
    """A whole small study against the script, what a trial's time goes to, and how good its estimate was."""
    rounds = max(1, rounds // 3)  # each takes minutes
    walls: dict[str, list[float]] = {}
    ratios: dict[str, list[float]] = {}
    lives: dict[Precision, dict[str, list[studies.Life]]] = {}
    accuracy: dict[str, list[float]] = {}
    overhead: dict[str, list[float]] = {}
    for number in range(rounds):
        for precision in precisions():
            with _folder() as folder:
                timed = studies.Study(folder, precision)
                eta = timed.eta()
                wall = timed.train()
                whole = wall + timed.draw()
                found = timed.lives()
            walls.setdefault(precision, []).append(whole)
            accuracy.setdefault(precision, []).append(wall / eta)
            overhead.setdefault(precision, []).append(wall / studies.per_worker(found))
            for model, each in found.items():
                lives.setdefault(precision, {}).setdefault(model, []).extend(each)
            say(f"  round {number + 1} of {rounds}: {precision} {whole:.0f} s")
        script = studies.naive_seconds()
        walls.setdefault("script", []).append(script)
        say(f"  round {number + 1} of {rounds}: the script {script:.0f} s")
        for precision in precisions():
            ratios.setdefault(precision, []).append(script / walls[precision][-1])
    rows = [
        [
            f"study, {precision}",
            f"{median(walls[precision]):.0f} s",
            ratio(ratios[precision]),
            ratio(overhead[precision]),
            ratio(accuracy[precision]),
        ]
        for precision in precisions()
    ]
    rows.append(["the script", f"{median(walls['script']):.0f} s", "1", "", ""])
    phases = [
        f"{precision}: "
        + "; ".join(
            f"{model} {_seconds(each, 'to_first_step')} to the first step (start {_seconds(each, 'start')}, "
            f"compiling {_seconds(each, 'compile')}), training {_seconds(each, 'training')}, evaluation "
            f"{_seconds(each, 'evaluation')}, end {_seconds(each, 'end')}"
            for model, each in by_model.items()
        )
        + "."
        for precision, by_model in lives.items()
    ]
    return Part(
        title="A study",
        method=(
            f"`compare` with {len(studies.FEW_SEEDS)} seeds ({len(studies.FEW_SEEDS) * 4} trials), report "
            "included, against `experiments/bench/naive.py`, which trains the same in one process with "
            f"tensorflow's defaults; medians of {rounds} rounds. Overhead: wall clock of `make compare` "
            "without its report, by the training seconds of each worker. Estimate: the same wall clock by "
            "what the plan said."
        ),
        header=["", "Wall clock", "script to it", "overhead", "estimate"],
        rows=rows,
        numbers={
            "seconds": walls,
            "script to study": ratios,
            "overhead": overhead,
            "wall to estimate": accuracy,
            "lives": {
                precision: {model: [vars(life) for life in each] for model, each in by_model.items()}
                for precision, by_model in lives.items()
            },
        },
        notes=["Medians a trial, while another runs beside it. " + " ".join(phases)],
    )


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name, "study")


def _seconds(lives: list[studies.Life], phase: str) -> str:
    return f"{median(getattr(life, phase) for life in lives):.1f} s"


TRIALS = 1000


def planning(rounds: int) -> Part:
    """`make plan` of 1,000 complete trials."""
    found = plans.seconds(TRIALS, rounds)
    return Part(
        title="Planning",
        method=f"`make plan` of {TRIALS:,} complete trials, its process included.",
        header=["Trials", "Seconds"],
        rows=[[f"{TRIALS:,}", ratio(found)]],
        numbers={"trials": TRIALS, "seconds": found},
    )


def reports(rounds: int) -> Part:
    """`make report` of 1,000 trials."""
    measured = drawn.measure(TRIALS)
    return Part(
        title="Reports",
        method=f"`make report` of {TRIALS:,} trials of 50 epochs and 8 metrics, in four arms; one round.",
        header=["Trials", "Seconds", "Memory", "Page"],
        rows=[
            [
                f"{TRIALS:,}",
                f"{measured.seconds:.1f}",
                f"{measured.memory_gib:.2f} GiB",
                f"{measured.page_mb:.2f} MB",
            ]
        ],
        numbers={"trials": TRIALS, **measured._asdict()},
    )


def resume(rounds: int) -> Part:
    """Checkpoints, and a trial that is killed and goes on."""
    found = [resumed.measure() for _ in range(max(1, rounds // 3))]
    shares = [each.checkpoint_share for each in found]
    lost = [each.lost_seconds for each in found]
    return Part(
        title="Resuming",
        method=(
            "A trial of ResNet-18 in a fresh process, whole, and killed after half of its epochs and started "
            "again; checkpoints are offered after every epoch."
        ),
        header=["", "Median (least–most)"],
        rows=[
            ["checkpoints, of the training time", f"{median(shares):.1%}"],
            ["the whole trial, s", ratio([each.seconds for each in found])],
            ["what the kill cost, s", ratio(lost)],
        ],
        numbers={"checkpoint share": shares, "lost seconds": lost},
    )


def input_pipeline(rounds: int) -> Part:
    """Decoding photographs, and where the images of a step come from."""
    from experiments.bench import photographs

    found = photographs.measure(photographs.FEW, max(1, rounds // 3), tell=lambda line: say(f"  {line}"))
    steps = found["steps"]
    constant = steps[photographs.CONSTANT]
    rows = [
        ["decoding, of a bare Pillow loop's rate", ratio(found["decoding to Pillow"])],
        *(
            [f"a step, images {way}, of one on a constant batch", ratio(_ratios(seconds, constant))]
            for way, seconds in steps.items()
            if way != photographs.CONSTANT
        ),
    ]
    return Part(
        title="Input",
        method=(
            f"{photographs.FEW:,} JPEG photographs of {photographs.WIDTH}×{photographs.HEIGHT} pixels; a "
            "step of ResNet-18 on crops with flips."
        ),
        header=["", "Ratio"],
        rows=rows,
        numbers=found,
    )
