"""The vocabulary that the harness writes and the reports read: splits, metrics, params, tags, events.

Standard library only: `reports` imports this module and nothing else of `experiments`, so drawing a
figure never loads tensorflow.
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

LONGEST_DATA_LABEL = 30  # characters of a folder's name in that of an experiment
# Splits.
TRAIN = "train"
VALIDATION = "validation"
TEST = "test"
# Measures of one split; a metric is "<split>/<measure>".
ACCURACY = "accuracy"
LOSS = "loss"
MACRO_F1 = "macro_f1"
BALANCED = "balanced_accuracy"  # the mean over classes of the share of their images that is found
RECONSTRUCTION_LOSS = "reconstruction_loss"


def metric(split: str, measure: str) -> str:
    """The metric name of one measure on one split, such as `validation/accuracy`."""
    return f"{split}/{measure}"


def answers(split: str, array: str) -> str:
    """The name of an array in PROBABILITIES_FILE, such as `test_labels`."""
    return f"{split}_{array}"


# Raised when code, or a default, changes the numbers of a trial: all get new ids and are trained again.
# 1: Keras' own batch normalisation; 2: the fused kernel, and evaluation in batches of one size.
RESULTS_VERSION = 2

# Fields of a study's data that say how one's own photographs are read, and their values, the default first.
READING = {
    "near_duplicates": ("together", "apart"),
    "links": ("refuse", "follow"),
    "groups": ("folders", "none"),
}
PRECISIONS = ("float32", "bfloat16")
SCORES = (ACCURACY, BALANCED)  # of validation, by which epochs are chosen and targets reached

# Fields of recipes that older runs do not have, and what those were trained with; a run at it leaves it out.
LATER_RECIPE_FIELDS = {
    "class_weight": "None",
    "precision": "float32",
    "evaluate_every": "1",
    "chosen_by": ACCURACY,
}


USUAL_MINUTES = 30  # of a study that is fitted into minutes, where nobody says how many


def for_minutes(name: str, minutes: int | str) -> str:
    """The name of a study that was fitted into so many minutes: another number is another study."""
    return f"{name}-{minutes}min"


def experiment_name(study: str, data: str | None = None, precision: str | None = None) -> str:
    """The MLflow experiment of a study (a name, or a path to its file), with the other data it runs on.

    data: a named source, or path: and an absolute path; precision: another than the study's own.
    """
    study = PurePath(study).stem if study.endswith((".yaml", ".yml")) else study
    name = study
    if precision is not None:
        name = f"{name}-{precision}"
    if data is None:
        return name
    if not data.startswith("path:"):
        return f"{name}-{data}"
    folder = PurePath(data.removeprefix("path:"))
    # Letters of any script, in the one form that every machine has them in.
    letters = unicodedata.normalize("NFC", folder.name)
    plain = re.sub(r"[^\w.-]+", "-", letters)[:LONGEST_DATA_LABEL].strip("-")
    # Folders of one name in two places stay two experiments.
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:6]
    for each in PRECISIONS:
        study = study.removesuffix(f"-{each}")
    # A folder that is called as the study is not said twice.
    return "-".join(part for part in (name, "" if plain == study else plain, digest) if part)


def table_encoding(text: str) -> str:
    """That of a table that people open: UTF-8, marked where it is more than ASCII, as Excel needs it."""
    return "utf-8" if text.isascii() else "utf-8-sig"


# Of a Unicode name, what comes before the sound of the letter.
SOUND = re.compile(r".*\b(?:SYLLABLE|LETTER|SIGN|VOWEL)\b(?: (?:SMALL|CAPITAL|SIGN))* (?P<sound>[A-Z ]+)")


def spelled(text: str, known: Callable[[str], bool]) -> str:
    """The text with each letter that is not known written by its Unicode name, `고양이` as `goyangi`."""
    letters = unicodedata.normalize("NFC", text)
    return "".join(letter if letter.isspace() or known(letter) else _sound(letter) for letter in letters)


def _sound(letter: str) -> str:
    if found := SOUND.fullmatch(unicodedata.name(letter, "")):
        return found["sound"].replace(" ", "").lower()
    return "" if unicodedata.combining(letter) else f"U+{ord(letter):04X}"


def without_secrets(text: str) -> str:
    """A text in which no URI shows the user and password that it may hold."""
    return re.sub(r"(?<=://)(?!/)[^\s@]+@(?:[^\s/@]+@)*", "…@", text)


ARTIFACTS = "mlartifacts"  # the folder beside a local store in which the files of runs lie

# Metrics of every epoch (step = epoch, from 1), beside train/… and validation/…
TRAIN_SECONDS = "train_seconds"  # cumulative; the clock stands still in compilation and evaluation
IMAGES_SEEN = "images_seen"  # cumulative training images
LEARNING_RATE = "learning_rate"  # at the last update of the epoch
OVERFITTING_GAP = "overfitting_gap"  # train − validation accuracy; written by the store, no trial logs it
# Metrics of every epoch where the recipe asks for gradient_flow, each followed by "/<stage>"
GRADIENT_NORM = "gradient_norm"  # L2 norm of the stage's gradient, root mean square over the epoch's steps
ACTIVATION_STD = "activation_std"  # of the output of the stage's last weighted layer, in inference mode
# Metrics of the whole trial, logged once, at the step of the chosen epoch, beside test/…
CHOSEN_EPOCH = "chosen_epoch"
PARAMETERS = "parameters"  # trainable weights
MACS = "macs"  # multiply-accumulates of one forward pass of one image
PEAK_MEMORY = "peak_memory_mib"
PREDICTION_MS = "prediction_ms"  # of an image, in batches, on the machine that trained
MODEL_MIB = "model_mib"  # of the model's files
CHECKPOINT_SECONDS = "checkpoint_seconds"  # that the trial's last process took for checkpoints
TRIAL_SECONDS = "trial_seconds"  # wall clock of the whole child process, start-up and evaluation included
# Training costs three forward passes: one forward, two (inputs and weights) backward.
TRAINING_MACS_PER_FORWARD = 3
# Params are the trial's specification, flattened with dots ("recipe.epochs", "data.train", …).
PARAM_TRAIN_SIZE = "data.train"
PARAM_CROP = "data.crop"
# Tags of a run.
STUDY = "study.name"
ARM = "study.arm"  # the label of a model in the study file; one line in every figure
ARM_ORDER = "study.arm_order"  # its position there, from 0
MODEL = "study.model"
SETTING = "study.setting"  # the varied fields, "data.train=250, recipe.epochs=5"; empty without a grid
SEED = "study.seed"
ROLE = "study.role"  # RESULT_ROLE, TUNE_ROLE, or OUTDATED_ROLE once the study file no longer asks for it
TRIAL = "study.trial"  # the trial id, a hash of its content
ATTEMPT = "study.attempt"  # an id of its own for each attempt at the trial
COMPLETE = "study.complete"  # "true", set last; the only sign of a complete trial
DIVERGED = "study.diverged"  # "true" | "false"
FAILURE = "study.failure"  # why the attempt ended without completing
STARTS = "study.starts"  # processes that worked on the attempt: above 1 where it was ended and went on
OWNER = "study.owner"  # the process that answers for the run while it is RUNNING
DATA = "study.data"  # a name people can read
DATA_DIGEST = "study.data_digest"
SPLIT_DIGEST = "study.split_digest"
VALIDATION_DIGEST = "study.validation_digest"
TEST_DIGEST = "study.test_digest"
CLASSES = "study.classes"  # how many the data has
VERSION = "study.results_version"  # of the code that trained, as names.RESULTS_VERSION counts
SEED_COUNTS = "study.seed_counts"  # false of a model in which nothing is drawn
POOL = "study.pool"  # images that splits are drawn from
OWN_TEST = "study.own_test"  # those of them that form a test part of their own
OWN_VALIDATION = "study.own_validation"  # or a validation part of their own
GROUPED = "study.grouped"  # or stay together with others
KIND_OF_MODEL = "study.model_kind"  # as the catalog has it
OWN_ENCODER = "run:"  # and the id of a trial: its network is the encoder
FROZEN, FINETUNED = "frozen", "finetuned"  # kinds of models that begin with an encoder's weights
WITHOUT_EPOCHS = (FROZEN, "pipeline")  # kinds of which nothing is trained by steps
GIT_COMMIT = "mlflow.source.git.commit"
GIT_DIRTY = "study.git_dirty"
ONEDNN = "study.onednn"
FLAGS = "study.flags"  # variables of the environment by which tensorflow or XLA compute otherwise
THREADS = "study.threads"  # of this trial
WORKERS = "study.workers"  # trials that ran side by side; it changes seconds and no other number
CPU = "study.cpu"
GPU = "study.gpu"
VERSIONS = "study.versions"  # "tensorflow 2.21.0, keras 3.15.1, …"
# Tags of an experiment (one a study).
QUESTION = "study.question"
TARGETS = "study.targets"  # JSON list of validation accuracies, ascending
DATA_NOTICES = "study.data_notices"  # JSON list: what is left out of the data, or doubtful, a sentence each
BAD_FILES = "study.bad_files"  # how many files of it cannot be used
NOTICES = (DATA_NOTICES, BAD_FILES)
SAVED_VIEW = "mlflow.sharedViewState."  # and an id: a view of MLflow's page of an experiment
RUN_COLOR = "mlflow.runColor"  # of a run's lines on MLflow's pages
PAGE_REFUSED = "study.page_refused"  # a digest of what the store would not take of MLflow's page of a study
# Families of networks (catalog.Family), each with the colours of its ranks, light to dark, in all figures;
# the last stands for higher ranks too. Of one study: `arm_colors`.
FAMILY_COLORS = {
    "residual": ("#3B8ECA", "#0A5C95", "#063C63", "#021F36"),
    "plain": ("#D08A00", "#A86C00", "#7D5000", "#4F3300"),
    "autoencoder": ("#009E73", "#006B4E"),
    "pretrained": ("#C0629B", "#7E3766"),
    "pixels": ("#8A8A8A", "#4D4D4D"),
    "early": ("#E8875A", "#D55E00", "#8F3F00"),
    "vgg": ("#A59B2A", "#8A8000", "#635C00", "#403B00"),
    "inception": ("#6E5A66", "#000000"),
    "other": ("#6A5ACD", "#3F3391"),
}


def arm_colors(kinds: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """A colour of its own for each arm of a study, on MLflow's pages and in figures.

    kinds: family and rank of each arm, in the order of the study file. An arm has the colour of its family
    and rank. Where two would have the same one, the arms of that family go in equal steps, by rank and order,
    from its lightest colour to its darkest.
    """
    found = {}
    for family in {family for family, _ in kinds.values()}:
        shades = FAMILY_COLORS[family]
        members = sorted((arm for arm in kinds if kinds[arm][0] == family), key=lambda arm: kinds[arm][1])
        places = [float(min(kinds[arm][1], len(shades) - 1)) for arm in members]
        if len({*places}) < len(places):
            places = [index * (len(shades) - 1) / (len(places) - 1) for index in range(len(places))]
        found |= {arm: _between(shades, place) for arm, place in zip(members, places, strict=True)}
    return {arm: found[arm] for arm in kinds}


def _between(shades: Sequence[str], place: float) -> str:
    """The colour at a place between two shades, of which the first is at 0 and the second at 1."""
    low = min(int(place), len(shades) - 2)
    channels = [[int(shade[at : at + 2], 16) for at in (1, 3, 5)] for shade in shades[low : low + 2]]
    mixed = [
        round(dark * (place - low) + light * (1 - place + low)) for light, dark in zip(*channels, strict=True)
    ]
    return "#" + "".join(f"{each:02X}" for each in mixed)


ARMS = "study.arms"  # JSON: of each arm its title, family, rank in it, and whether it is a plain twin
OPTIONS = "study.asked"  # JSON: STUDY and DATA that `make compare` was given
KIND = "mlflow.experimentKind"  # MLflow opens the page of a training experiment as one
NOTE = "mlflow.note.content"  # rendered as Markdown at the top of MLflow's page
RESULT_ROLE = "result"
TUNE_ROLE = "tune"  # a trial of the learning-rate sweep, never a result
OUTDATED_ROLE = "outdated"
PLAN = "study.plan"  # the seeds and looks of the study, registered with its claims
LOOKS = (6, 8, 10, 15, 20)  # seeds at which a study that is trained until it is decided is looked at
CLAIMS = "study.claims"  # JSON list of the digests of the claims that the study file states now
FORECAST = "study.forecast."  # and the digest of a registered forecast; its value: the forecast as JSON
CLAIM = "study.claim."  # and the digest of a claim; its value: the claim, and when it was registered
# What a claim may compare, a number a trial.
TEST_ACCURACY = "test accuracy"
TEST_ERROR = "test error"
TEST_MACRO_F1 = "macro F1"
BALANCED_ACCURACY = "balanced accuracy"  # mean recall of the classes, of the test images, as the next
CALIBRATION_ERROR = "calibration error"
VALIDATION_ACCURACY = "validation accuracy"  # at the chosen epoch
TRAIN_ACCURACY = "train accuracy"  # at the last epoch, as the next
TRAIN_ERROR = "train error"
GAP = "gap"  # train minus validation accuracy, at the chosen epoch
TEST_GAP = "test gap"  # train minus test accuracy there
LAST_GAP = "gap at last epoch"
LEVEL_GAP = "gap at equal training accuracy"
NUMBER_OF_PARAMETERS = "parameters"
FORWARD_MACS = "forward MACs"
TRAINING_SECONDS = "training seconds"
TRAINS = "trains"  # 1 of a trial that did not fail, else 0
CLAIM_METRICS = (
    TEST_ACCURACY,
    TEST_ERROR,
    TEST_MACRO_F1,
    BALANCED_ACCURACY,
    CALIBRATION_ERROR,
    VALIDATION_ACCURACY,
    TRAIN_ACCURACY,
    TRAIN_ERROR,
    GAP,
    TEST_GAP,
    LAST_GAP,
    LEVEL_GAP,
    NUMBER_OF_PARAMETERS,
    FORWARD_MACS,
    TRAINING_SECONDS,
)
EXACT_METRICS = (NUMBER_OF_PARAMETERS, FORWARD_MACS)  # the same at every seed: nothing to test
STATED_LEVEL_GAP = "gap at training accuracy "  # followed by that accuracy
RECALL_METRIC = "recall of "  # followed by a class as the data names it: the share of its test images found
STAGE_METRIC = "log gradient norm at "  # followed by a stage: log10, mean over epochs
# What it costs to reach a target, as a claim names it.
COSTS = ("epochs", "seconds", "images", "MACs")
COMMON_TARGET = "the common target"  # of a claim: the highest that half of the trials compared reach
# Event names, in the order in which a trial emits them.
STARTED = "started"
EPOCH = "epoch"
FINISHED = "finished"
FAILED = "failed"
KILLED = "killed"
# Artifacts of a run.
SPECIFICATION_FILE = "trial.json"
TEST_REPORT_FILE = "test_report.json"  # confusion matrix, per-class precision, recall, F1
# Test images that were classified wrong: image, true, predicted, position, file; shown.
MISTAKES_FILE = "test_mistakes.json"
MISTAKES_PICTURE = "test_mistakes.jpg"  # the images `shown`, MISTAKES_COLUMNS square tiles a row
MISTAKES_COLUMNS = 8
# For people, in the store alone: they are drawn from the files above when a run is projected.
CONFUSION_PICTURE = "test_confusion.png"
NAMED_MISTAKES_PICTURE = "test_mistakes_named.jpg"  # the same tiles, each with its classes
SAMPLE_GRID_FILE = "training_images.png"
NETWORK_FILE = "network.json"  # the structure of the network, as it was trained
# The chosen network's answers on the images of EVALUATED, as NumPy's .npz of one array each per split, named
# by `answers`: PROBABILITIES float16 (n, classes), PREDICTED, LABELS and POSITIONS int32 (n,).
PROBABILITIES_FILE = "probabilities.npz"
EVALUATED = (VALIDATION, TEST)
PROBABILITIES = "probabilities"
PREDICTED = "predicted"  # the class of highest probability, before that is rounded to float16
LABELS = "labels"
POSITIONS = "positions"  # in the prepared data set: the same image at every trial of one data digest
ANSWERS = (PROBABILITIES, PREDICTED, LABELS, POSITIONS)
TRIAL_FILES = (
    TEST_REPORT_FILE,
    MISTAKES_FILE,
    MISTAKES_PICTURE,
    SAMPLE_GRID_FILE,
    NETWORK_FILE,
    PROBABILITIES_FILE,
)
MODEL_FOLDER = "model"
REGISTERED_FOLDER = "claims"  # of the work folder: claims, plans and forecasts, and since when
