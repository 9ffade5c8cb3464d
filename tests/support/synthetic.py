"""A real SQLite store of MLflow, small, written the way the harness writes it."""

import json
import math
from pathlib import Path
from urllib.parse import urlparse

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from experiments import names
from experiments.studies.claims import read_claim

DAY = 1_760_000_000_000  # ms: 2025-10-09


def tags(arm, order, seed, **changed):
    given = {
        names.ROLE: names.RESULT_ROLE,
        names.TRIAL: f"{arm}-{seed}-{changed.get(names.SETTING, '')}",
        names.ARM: arm,
        names.ARM_ORDER: str(order),
        names.SETTING: "",
        names.SEED: str(seed),
        names.DIVERGED: "false",
        names.DATA: "tiny_shirts",
        names.DATA_DIGEST: "d1",
        names.SPLIT_DIGEST: "s1",
        names.VALIDATION_DIGEST: "v1",
        names.TEST_DIGEST: "t1",
        names.CPU: "one CPU",
        names.ONEDNN: "1",
        names.VERSIONS: "keras 3",
        names.WORKERS: "2",
        names.GIT_COMMIT: "0234b82a1b2c3d4e",
        names.VERSION: str(names.RESULTS_VERSION),
        names.GIT_DIRTY: "false",
    }
    return given | changed


def curve(validation, train=None, seconds=10.0, images=100):
    """Metrics by epoch: accuracies as given, loss one minus accuracy, `seconds` and `images` an epoch."""
    train = train or validation
    points = []
    for epoch, (v, t) in enumerate(zip(validation, train, strict=True), start=1):
        points += [
            (names.metric(names.VALIDATION, names.ACCURACY), v, epoch),
            (names.metric(names.VALIDATION, names.LOSS), 1 - v, epoch),
            (names.metric(names.TRAIN, names.ACCURACY), t, epoch),
            (names.metric(names.TRAIN, names.LOSS), 1 - t, epoch),
            (names.TRAIN_SECONDS, seconds * epoch, epoch),
            (names.IMAGES_SEEN, images * epoch, epoch),
        ]
    return points


def features(validation, train, epochs, seconds=10.0):
    """An autoencoder arm: reconstruction loss each epoch, accuracy at the last one only."""
    each = [
        point
        for epoch in range(1, epochs + 1)
        for point in (
            (names.metric(names.VALIDATION, names.RECONSTRUCTION_LOSS), 1 / epoch, epoch),
            (names.TRAIN_SECONDS, seconds * epoch, epoch),
            (names.IMAGES_SEEN, 100 * epoch, epoch),
        )
    ]
    last = [
        (names.metric(names.VALIDATION, names.ACCURACY), validation, epochs),
        (names.metric(names.VALIDATION, names.LOSS), 1 - validation, epochs),
        (names.metric(names.TRAIN, names.ACCURACY), train, epochs),
        (names.metric(names.TRAIN, names.LOSS), 1 - train, epochs),
    ]
    return each + last


def once(accuracy, epoch, parameters=1000, macs=50_000):
    return [
        (names.metric(names.TEST, names.ACCURACY), accuracy, epoch),
        (names.metric(names.TEST, names.LOSS), 1 - accuracy, epoch),
        (names.metric(names.TEST, names.MACRO_F1), accuracy - 0.01, epoch),
        (names.CHOSEN_EPOCH, epoch, epoch),
        (names.PARAMETERS, parameters, epoch),
        (names.MACS, macs, epoch),
    ]


class Store:
    """Writes studies into one store."""

    def __init__(self, path):
        self.uri = f"sqlite:///{path}"
        self.client = MlflowClient(tracking_uri=self.uri)
        self.artifacts = Path(path).parent / names.ARTIFACTS
        self.clock = DAY

    def study(self, name, targets=(0.5, 0.75), question="Which converges first?"):
        found = self.client.create_experiment(name, artifact_location=(self.artifacts / name).as_uri())
        self.client.set_experiment_tag(found, names.QUESTION, question)
        self.client.set_experiment_tag(found, names.TARGETS, json.dumps(targets))
        return found

    def run(self, experiment, run_tags, points, complete=True, train=100, **recipe):
        self.clock += 60_000
        run = self.client.create_run(experiment, start_time=self.clock, tags=run_tags)
        params = {names.PARAM_TRAIN_SIZE: train, "data.validation": 200, "data.test": 1000}
        params["data.source"] = "tiny_shirts"
        params |= {
            f"recipe.{field}": value
            for field, value in ({"optimizer": "sgd", "learning_rate": 0.1, "epochs": 3} | recipe).items()
        }
        self.client.log_batch(
            run.info.run_id,
            metrics=[Metric(key, float(value), self.clock, step) for key, value, step in points],
            params=[Param(key, str(value)) for key, value in params.items()],
            tags=[RunTag(names.COMPLETE, "true")] if complete else [],
        )
        # As every run it has a folder; of what trials leave there, tests write what they ask for.
        folder = Path(urlparse(run.info.artifact_uri).path)
        folder.mkdir(parents=True)
        (folder / "synthetic").touch()
        self.client.set_terminated(run.info.run_id, end_time=self.clock + 30_000)
        return run.info.run_id


def sweep(writer, study, arms, rates):
    """The learning-rate sweep of arms, on seed 100; the last trial was killed once before it completed."""
    for order, arm in enumerate(arms):
        for rate in rates:
            tune = {names.ROLE: names.TUNE_ROLE, names.TRIAL: f"{arm}-tune-{rate}"}
            run_tags, points = tags(arm, order, 100, **tune), curve([0.99])
            writer.run(study, run_tags, points, learning_rate=rate)
    writer.run(study, run_tags, points, complete=False, learning_rate=rate)


def small_study(writer, name="small"):
    """Two arms, tuned, that can be summed up in the head and features, three seeds each; every oddity once.

    cnn (10 s an epoch) reaches 0.5 at epochs 2, 2, 3 and 0.75 never, never, at 3. residual (40 s) reaches 0.5
    at epoch 1 and 0.75 at 2, at 3; its seed 2 diverges after epoch 2 and so reaches nothing.
    features: one point, at 30 s.
    """
    study = writer.study(name)
    sweep(writer, study, ["cnn", "residual", "features"], [0.1, 0.3])
    # An older complete run of a trial that is run again below.
    writer.run(study, tags("cnn", 0, 1), curve([0.99, 0.99, 0.99]) + once(0.99, 1))
    for seed, validation in enumerate([[0.3, 0.5, 0.6], [0.3, 0.6, 0.7], [0.3, 0.4, 0.8]]):
        points = curve(validation, [v + 0.1 for v in validation], seconds=10) + once(max(validation), 3)
        run_id = writer.run(study, tags("cnn", 0, seed), points)
    # A second row of a metric and step, with an older time: an attempt that was replayed.
    older = Metric(names.metric(names.VALIDATION, names.ACCURACY), 0.9, writer.clock - 1000, 1)
    writer.client.log_batch(run_id, metrics=[older])

    for seed, validation in enumerate([[0.5, 0.8, 0.8], [0.6, 0.7, 0.9]]):
        points = curve(validation, [min(1, v + 0.2) for v in validation], seconds=40)
        points += once(max(validation), 2 + seed, parameters=11_173_962, macs=340_000_000)
        writer.run(study, tags("residual", 1, seed), points)
    diverged = curve([0.5, 0.6], [0.7, 0.8], seconds=40) + once(0.6, 2, 11_173_962, 340_000_000)
    diverged.append((names.metric(names.VALIDATION, names.LOSS), math.nan, 3))
    writer.run(study, tags("residual", 1, 2, **{names.DIVERGED: "true"}), diverged)

    for seed in range(3):
        points = features(0.6 + 0.1 * seed, 0.9, epochs=3) + once(0.6 + 0.1 * seed, 3, 500, 20_000)
        writer.run(study, tags("features", 2, seed), points, optimizer="adam")

    writer.run(study, tags("cnn", 0, 0, **{names.FAILURE: "killed"}), curve([0.99]), complete=False)
    deleted = writer.run(study, tags("cnn", 0, 9), curve([0.99, 0.99, 0.99]) + once(0.99, 1))
    writer.client.delete_run(deleted)
    # Two attempts at a trial that the study file no longer asks for.
    outdated = tags("cnn", 0, 0, **{names.ROLE: names.OUTDATED_ROLE, names.TRIAL: "older"})
    writer.run(study, outdated, curve([0.99, 0.99, 0.99]) + once(0.99, 1))
    writer.run(study, outdated, curve([0.99]), complete=False)
    return study


def grid_study(writer, name="grid"):
    """Two settings of two arms whose names are not plain for Markdown and matplotlib; one seed each."""
    study = writer.study(name, targets=())
    for train in (1000, 250):
        for order, arm in enumerate(["$a_b$ | c", "_hidden"]):
            run_tags = tags(
                arm, order, 0, **{names.SETTING: f"data.train={train}", names.SPLIT_DIGEST: str(train)}
            )
            writer.run(study, run_tags, curve([0.3, 0.5, 0.6]) + once(0.6, 3), train=train)
    return study


def width_study(writer, name="width"):
    """Train size and the residual network's width vary; the plain CNN has no width, one run a train size."""
    study = writer.study(name, targets=(0.5,))
    for train in (250, 1000):
        size = f"data.train={train}"
        digest = {names.SPLIT_DIGEST: str(train)}
        points = curve([0.3, 0.5, 0.6]) + once(0.6, 3)
        writer.run(study, tags("cnn", 0, 0, **{names.SETTING: size, **digest}), points, train=train)
        for width in (4, 8):
            setting = {names.SETTING: f"{size}, models.residual.arguments.width={width}"}
            writer.run(study, tags("residual", 1, 0, **setting, **digest), points, train=train)
    return study


CROP_ACCURACIES = {  # crop, train size: of each arm, the test accuracy of each seed
    (16, 100): {"cnn": (0.5, 0.5), "<b>$res_net$": (0.6, 0.6)},
    (16, 1000): {"cnn": (0.7, 0.9), "<b>$res_net$": (0.9, 0.9)},
    (32, 100): {"cnn": (0.9,), "<b>$res_net$": (0.8, 0.8)},
    (32, 1000): {"cnn": (1.0, 1.0), "<b>$res_net$": (0.9, 0.9)},
}


def crop_study(writer, name="crop"):
    """Crop and train size vary. The gap at the chosen epoch, the second: 0.3 of 100 images, 0.1 of 1000."""
    study = writer.study(name, targets=())
    for (crop, train), arms in CROP_ACCURACIES.items():
        setting = {names.SETTING: f"data.crop={crop}, data.train={train}", names.SPLIT_DIGEST: str(train)}
        gap = {100: 0.3, 1000: 0.1}[train]
        for order, (arm, accuracies) in enumerate(arms.items()):
            for seed, accuracy in enumerate(accuracies):
                points = curve([0.3, 0.6, 0.5], [0.3, 0.6 + gap, 1.0]) + once(accuracy, 2)
                writer.run(study, tags(arm, order, seed, **setting), points, train=train)
    return study


def state(writer, study, sentences, arms, vary=None, registered=DAY, targets=()):
    """Register claims the way the harness does, at a time in milliseconds; the first run begins after DAY."""
    read = [read_claim(sentence, arms, vary or {}, targets) for sentence in sentences]
    for claim in read:
        content = json.loads(claim.model_dump_json()) | {"registered": registered}
        writer.client.set_experiment_tag(study, names.CLAIM + claim.digest, json.dumps(content))
    writer.client.set_experiment_tag(study, names.CLAIMS, json.dumps([claim.digest for claim in read]))
    return read


CLAIMED = [
    "residual has higher test accuracy than cnn",  # in all five seeds
    "residual has lower test accuracy than cnn",  # and so not lower
    "residual reaches 0.75 in fewer epochs than cnn",  # at epoch 2, the cnn at 3 or never
    "gap(residual) > gap(cnn)",  # 0.1 of both
    "residual has lower parameters than cnn",  # counted, not tested
]


def claimed_study(writer, name="claimed"):
    """Two arms, five seeds, five claims of which each verdict can be told in the head."""
    study = writer.study(name, targets=(0.75,))
    state(writer, study, CLAIMED, ["cnn", "residual"])
    for seed in range(5):
        slow = [0.5, 0.6, 0.76 if seed < 3 else 0.7]
        points = curve(slow, [each + 0.1 for each in slow]) + once(0.70 + seed / 1000, 3, 2000)
        writer.run(study, tags("cnn", 0, seed), points)
        points = curve([0.5, 0.8, 0.8], [0.6, 0.9, 0.9], seconds=20) + once(0.80 + seed / 1000, 2, 3000)
        writer.run(study, tags("residual", 1, seed), points)
    return study
