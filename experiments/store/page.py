"""The text on a study's page in MLflow: the note at its top, tags on its data, the params of a run."""

import json
from collections.abc import Collection

from experiments import names
from experiments.data.facts import Facts
from experiments.studies import arms
from experiments.studies.specification import Trial
from experiments.studies.study import Study

LINKS = "\n### Charts of this study\n\n"  # ends the note: what follows are links, which the store adds
MOST_OF_A_TAG = 4_900  # characters; MLflow keeps 5,000


def experiment_tags(study: Study) -> dict[str, str]:
    """The tags of a study's experiment: question, targets, note."""
    return {
        names.QUESTION: study.question,
        names.TARGETS: json.dumps(sorted(study.targets)),
        names.ARMS: _arms(study),
        names.NOTE: note(study),
        names.KIND: "custom_model_development",
    }


LONGEST_NOTICES = (300, 200, 120)  # characters: the first at which all of them fit


def data_tags(data: Collection[Facts]) -> dict[str, str]:
    """What is left out of the data of a study, changed or doubtful in it, as tags of its experiment."""
    notices = [*dict.fromkeys(notice for facts in data for notice in facts.notices)]
    for longest in LONGEST_NOTICES:
        cut = [each if len(each) <= longest else f"{each[: longest - 1]}…" for each in notices]
        if len(_json(cut)) <= MOST_OF_A_TAG:
            break
    kept = len(cut)
    while len(_json(cut)) > MOST_OF_A_TAG:
        kept -= 1
        cut = [*cut[:kept], f"and {len(notices) - kept} more"]
    bad = max((facts.bad for facts in data), default=0)
    return {names.DATA_NOTICES: _json(cut), names.BAD_FILES: str(bad)}


def _arms(study: Study) -> str:
    """What figures call the arms; of more than a tag holds the last keep their names in the study file."""
    found = {name: [*arm] for name, arm in arms.described(study.models).items()}
    while len(text := json.dumps(found, ensure_ascii=False)) > MOST_OF_A_TAG:
        found.popitem()
    return text


def _json(values: list[str]) -> str:
    return json.dumps(values, ensure_ascii=False)


def is_note(stored: str | None, wanted: str) -> bool:
    """Whether a note is the one that is wanted, with whatever links or none."""
    return stored is not None and stored.partition(LINKS)[0] == wanted


def note(study: Study) -> str:
    """How to read the study's page, as Markdown."""
    data = study.data
    return f"""### {study.question}

**Data** {data.source}: {data.train} training, {data.validation} validation, {data.test} test images. \
**Arms** {", ".join(study.models)}. **Seeds** {", ".join(map(str, study.seeds))}. \
**Budget** {study.recipe.epochs} epochs of batches of {study.recipe.batch_size}.
{claims(study)}
Each run is one trial; the step of a metric is the epoch, from 1.

| metric | meaning |
|---|---|
| `validation/accuracy`, `validation/loss` | after each epoch, in inference mode |
| `train/accuracy`, `train/loss` | the same evaluator on a fixed slice of the training images, without \
augmentation: train − validation is the overfitting gap |
| `test/accuracy`, `test/macro_f1` | measured once, at `chosen_epoch`, where validation's \
`recipe.chosen_by` (if not set, its accuracy) is highest |
| `train_seconds` | cumulative; the clock stands still in compilation and evaluation |
| `images_seen`, `macs`, `parameters` | cost: training images so far, multiply-accumulates of one forward \
pass, trainable weights |
| `train/reconstruction_loss`, `validation/reconstruction_loss` | the autoencoder's learning curve; its \
accuracy is one point at its last epoch |
| `overfitting_gap` | train − validation accuracy of the epoch |

Only runs with the tags `study.complete` = true and `study.role` = result are results.
"""


def claims(study: Study) -> str:
    """What the study claims, as a Markdown list, or nothing; indented, so that no sentence is markup."""
    if not study.claims:
        return ""
    return "\n**Claims**, stated before the trials unless the report says otherwise:\n\n" + "".join(
        f"    {claim.text}\n" for claim in study.stated()
    )


def params(trial: Trial, data: str) -> dict[str, str]:
    """The specification as MLflow params: dotted names, the data's fields under "data."."""
    content = trial.model_dump(mode="json", exclude={"results_version"})
    own = {"model", "arguments", "recipe", "seed"}
    nested = {key: value for key, value in content.items() if key in own}
    for field, before in names.LATER_RECIPE_FIELDS.items():
        if str(nested["recipe"][field]) == before:
            del nested["recipe"][field]
    nested["data"] = {"source": data, **{key: value for key, value in content.items() if key not in own}}
    flat: dict[str, str] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{name}": str(inner) for name, inner in value.items()})
        else:
            flat[key] = str(value)
    return flat
