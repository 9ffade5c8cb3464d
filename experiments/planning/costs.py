"""The cost of networks on this machine, each measured once in a child process and cached in WORK/costs."""

import contextlib
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from experiments import catalog, files
from experiments.errors import UserError
from experiments.processes import Running, Starter, usual_isolation
from experiments.studies.cost import Cost, Request


def are_known(requests: Iterable[Request], work: Path) -> bool:
    """True if every request has been answered before."""
    return all(_kept(work / "costs" / f"{each.key}.json") for each in requests)


def _kept(file: Path) -> Cost | None:
    """The answer in a file, if there is one that is whole."""
    try:
        return Cost.model_validate_json(file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def measured(
    requests: Iterable[Request],
    work: Path,
    workers: int,
    tell: Callable[[str], None],
    starter: Starter | None = None,
    device: str | None = None,
) -> dict[str, Cost]:
    """The cost of each request by its key: kept ones at once, the others measured now, `workers` at a time.

    device: the GPU on which they are measured, as `Starter.start` has it.

    Raises:
        UserError: a network cannot be built from its arguments, with the reason, or the process that
            measures it was ended by a signal.
    """
    folder = work / "costs"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {each.key: each for each in requests}
    missing = [each for key, each in wanted.items() if not _kept(folder / f"{key}.json")]
    if missing:
        what = "a network costs" if len(missing) == 1 else f"{len(missing)} networks cost"
        tell(f"measuring what {what} on this machine (once) …")
        with contextlib.ExitStack() as own, ThreadPoolExecutor(workers) as pool:
            starter = starter or own.enter_context(Starter(usual_isolation()))
            children: list[Running] = []
            measured = pool.map(
                lambda each: _measure_in_child(each, folder, starter, children, device), missing
            )
            try:
                for number, done in enumerate(measured, start=1):
                    tell(f"  {number} of {len(missing)}: {_short_name(done)}")
            except BaseException:  # Ctrl-C reaches this thread alone, and the others wait for their child
                pool.shutdown(wait=False, cancel_futures=True)
                for child in children:
                    child.kill()
                raise
    return {key: Cost.model_validate_json((folder / f"{key}.json").read_text()) for key in wanted}


def _short_name(measured: Request) -> str:
    """A network with its departures from the catalog: `resnet18 stem=small width=8`."""
    departures = catalog.departures(measured.model, measured.arguments)
    return " ".join([measured.model, *(f"{name}={value}" for name, value in departures.items())])


def _measure_in_child(
    wanted: Request, folder: Path, starter: Starter, children: list[Running], device: str | None
) -> Request:
    """The request, once it is answered; children: gets the process that answers it."""
    answer = folder / f"{wanted.key}.json"
    request = files.beside(folder / f"{wanted.key}.request")
    request.write_text(wanted.model_dump_json())
    with tempfile.TemporaryDirectory() as temporary, (Path(temporary) / "stderr").open("w+b") as errors:
        words = [str(request.absolute()), str(answer.absolute()), "--with-parent"]
        child = starter.start(
            "experiments.trial.measure", words, wanted.recipe.threads, Path(temporary), errors, device
        )
        children.append(child)
        child.stdout.read()
        status = child.wait()
        request.unlink()
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    if status < 0:
        raise UserError(
            f"what {wanted.model} costs could not be measured: its process was ended by signal {-status}; "
            "start again, with fewer workers where memory is short"
        )
    if status:
        lines = lines or [f"ended with status {status}"]
        height, width, _ = wanted.input_shape
        raise UserError(
            f"model {wanted.model} with {wanted.arguments} cannot be built for {width}×{height} pixels (by "
            f"data.image_size and data.crop): {lines[-1]}"
        )
    return wanted
