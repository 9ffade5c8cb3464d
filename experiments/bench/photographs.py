"""What photographs cost: decoding against a bare Pillow loop, loading again, and the input of a training.

    python -m experiments bench-photographs [--images 10000] [--larger-than-memory]

makes a folder of JPEG photographs of 500×400 pixels out of the two that scikit-learn ships, and times, side
by side in one run: our decoding and a Pillow loop in as many processes; loading the set again; a training
step of ResNet-18 with crop and flip, its images from memory and from the disk, and on a constant batch.
"""

import argparse
import itertools
import multiprocessing
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from experiments import processes
from experiments.command_line import Command, Parser, say
from experiments.data import dataset, prepare
from experiments.data.crops import IN_MEMORY, View
from experiments.data.facts import Wanted
from experiments.data.photographs import listing, reading
from experiments.trial import provenance

WIDTH, HEIGHT, IMAGE_SIZE = 500, 400, 64
LARGE, LARGE_SIZE = 26_000, 256  # 5.1 GB decoded
STEPS, EPOCHS, CROP, BATCH = 25, 4, 56, 32
FEW = 2_000  # photographs, where the input is one part of a bench
CONSTANT = "a constant batch"


def write_photographs(folder: Path, count: int) -> None:
    """Windows of two photographs, mirrored or not, half of them in either class."""
    from sklearn.datasets import load_sample_images

    with multiprocessing.get_context("fork").Pool() as pool:
        pictures = load_sample_images().images
        work = ((folder, number, pictures[number % 2]) for number in range(count))
        for _ in pool.imap_unordered(_write, work, chunksize=16):
            pass


def _write(task: tuple[Path, int, np.ndarray]) -> None:
    folder, number, picture = task
    generator = np.random.default_rng(number)
    top = generator.integers(picture.shape[0] - HEIGHT + 1)
    left = generator.integers(picture.shape[1] - WIDTH + 1)
    window = picture[top : top + HEIGHT, left : left + WIDTH]
    # Noise, so that no photograph is another's copy and none is easier to decode than a camera's.
    noisy = np.clip(window + generator.normal(0, 6, window.shape), 0, 255).astype(np.uint8)
    of_class = folder / ("even", "odd")[number % 2]
    of_class.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noisy).save(of_class / f"{number:05}.jpg", quality=85)


def _bare(file: Path) -> int:
    with Image.open(file) as opened:
        return np.asarray(ImageOps.fit(opened.convert("RGB"), (IMAGE_SIZE, IMAGE_SIZE))).size


def bare_rate(files: list[Path], cores: int) -> float:
    """Images/s of Pillow alone, in as many processes as there are cores."""
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        pool.map(_bare, files[: 8 * cores])
        began = time.perf_counter()
        pool.map(_bare, files, chunksize=64)
        return len(files) / (time.perf_counter() - began)


def our_rate(folder: Path, scratch: Path) -> float:
    """Images/s of our decoding: digests, fingerprints and writing included."""
    listed = listing.listing(folder)
    began = time.perf_counter()
    found = reading.read(listed, IMAGE_SIZE, scratch)
    return len(found.labels) / (time.perf_counter() - began)


def step_seconds(images: np.ndarray | View, constant: bool = False, in_memory: int = IN_MEMORY) -> float:
    """Median seconds of a training step of ResNet-18 on crops, over epochs of a few steps.

    constant: on one batch again and again; images of more than in_memory bytes are read from the disk.
    """
    import keras
    import tensorflow as tf

    from experiments import catalog
    from experiments.studies.specification import Recipe
    from experiments.trial import learners, pipeline
    from experiments.trial.augmentation import Augmentation

    keras.utils.set_random_seed(0)
    arguments = catalog.complete_arguments("resnet18", {"stem": "small", "width": 16})
    network = catalog.build("resnet18", (CROP, CROP, 3), 2, arguments)
    inputs = keras.Input((CROP, CROP, 3), dtype="uint8")
    model = keras.Model(inputs, network(learners.pixel_normalisation(images[:200])(inputs)))
    model.compile(
        keras.optimizers.SGD(Recipe().learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    stream = pipeline.training_batches(
        images,
        np.zeros(len(images), np.int64),
        seed=0,
        batch_size=BATCH,
        augmentation=Augmentation(crop=CROP, flip=True),
        in_memory=in_memory,
    )
    if constant:
        stream = tf.data.Dataset.from_tensors(next(iter(stream))).repeat()
    seconds: list[float] = []
    began = 0.0

    def begin(batch: int, logs: dict | None = None) -> None:
        nonlocal began
        began = time.perf_counter()

    timed = keras.callbacks.LambdaCallback(
        on_epoch_begin=begin, on_epoch_end=lambda *_: seconds.append(time.perf_counter() - began)
    )
    model.fit(stream, epochs=EPOCHS, steps_per_epoch=STEPS, callbacks=[timed], shuffle=False, verbose=0)
    return statistics.median(seconds[1:]) / STEPS


class MemoryWatch(threading.Thread):
    """The most memory that this process took at once; without pages of files, which the system may drop.

    A memory map of a large file looks like memory in use for as long as nobody else needs it.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self.start()

    def run(self) -> None:
        """Look ten times a second."""
        while True:
            self.peak = max(self.peak, own_memory_mib())
            time.sleep(0.1)


def own_memory_mib() -> float:
    """Memory of this process that is no file's, in MiB (Linux: RssAnon)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\s*(\d+) kB", status)[1]) / 2**10


def with_files() -> str:
    """The largest resident size so far, pages of files included."""
    return f"{provenance.peak_memory_mib():,.0f} MiB"


def compare_steps(data: dataset.Dataset, rounds: int) -> dict[str, list[float]]:
    """Seconds of a step a round, by where its images come from; the first way is a constant batch."""
    processes.load_tensorflow()  # without its messages
    from experiments.trial import process

    process.prepare_process(threads=1)
    few = data.images[:2000]
    ways: dict[str, Callable[[], float]] = {
        CONSTANT: lambda: step_seconds(few, constant=True),
        "from memory": lambda: step_seconds(few),
        "from the disk": lambda: step_seconds(View(data.images), in_memory=0),
    }
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _, (way, measured) in itertools.product(range(rounds), ways.items()):
        found[way].append(measured())
    return found


def measure(count: int, rounds: int, *, large: bool = False, tell: Callable[[str], None] = say) -> dict:
    """Make the photographs and time everything; a line each to `tell`. large: decoding is not compared.

    Returns the ratios of decoding to a Pillow loop, and seconds of a step by where its images come from, a
    value a round; and the seconds of loading again.
    """
    size, cores = LARGE_SIZE if large else IMAGE_SIZE, processes.available_cores()
    found: dict = {"decoding to Pillow": []}
    with tempfile.TemporaryDirectory() as name:
        folder, work = Path(name, "photographs"), Path(name, "work")
        write_photographs(folder, count)
        files = sorted(folder.rglob("*.jpg"))
        mean = sum(file.stat().st_size for file in files) / count / 1024
        tell(f"{count:,} photographs of {WIDTH}×{HEIGHT} pixels, {mean:.0f} KiB each; {processes.cpu()}")
        for number in range(0 if large else rounds):
            scratch = Path(name, f"scratch{number}")
            scratch.mkdir()
            bare, ours = bare_rate(files, cores), our_rate(folder, scratch)
            found["decoding to Pillow"].append(ours / bare)
            tell(
                f"decoding: {ours:,.0f} images/s, a bare Pillow loop in {cores} processes {bare:,.0f}: "
                f"{ours / bare:.3f}"
            )
        watch = MemoryWatch()
        wanted = Wanted(f"path:{folder}", size)
        began = time.perf_counter()
        prepare.prepare(wanted, work)
        tell(f"prepared, duplicates sought, in {time.perf_counter() - began:.1f} s")
        began = time.perf_counter()
        facts = dataset.summary(wanted, work)
        data = dataset.open_prepared(facts.digest, facts.partition, work)
        found["loading again"] = time.perf_counter() - began
        tell(f"loaded again in {found['loading again']:.2f} s; {data.images.nbytes / 1e9:.2f} GB decoded")
        tell(f"memory at its peak so far: {watch.peak:,.0f} MiB, with pages of files {with_files()}")
        found["steps"] = compare_steps(data, 1 if large else rounds)
        tell(f"memory at its peak: {watch.peak:,.0f} MiB, with pages of files {with_files()}")
    return found


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument("--images", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument(
        "--larger-than-memory",
        action="store_true",
        help=f"{LARGE:,} photographs at {LARGE_SIZE}×{LARGE_SIZE}: 5 GB decoded, and the memory it takes",
    )


def main(options: argparse.Namespace) -> int:
    """Make the photographs, and print each time."""
    large = options.larger_than_memory
    found = measure(LARGE if large else options.images, options.rounds, large=large)
    if ratios := found["decoding to Pillow"]:
        say(f"decoding, of the bare loop of the same round: {statistics.median(ratios):.3f}")
    for way, seconds in found["steps"].items():
        ratios = [one / base for one, base in zip(seconds, found["steps"][CONSTANT], strict=True)]
        rounds_ = ", ".join(f"{ratio:.3f}" for ratio in ratios)
        say(
            f"step, {way:17} {1000 * statistics.median(seconds):7.2f} ms; of the constant batch: "
            f"{statistics.median(ratios):.3f} (rounds: {rounds_})"
        )
    return 0


PHOTOGRAPHS = Command(
    "What photographs cost: decoding, loading again, and the input of a training.",
    "bench-photographs --images 2000",
    add_options,
    main,
)
