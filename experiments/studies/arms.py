"""What people call the arms of a study, and what kind of network each is: for figures and tables."""

from typing import NamedTuple

from experiments import catalog
from experiments.studies.study import Arm, Study

# In the middle of a sentence; other titles are names, which keep their capitals.
NOUNS = ("Plain", "Autoencoder", "Pretrained", "Fine", "Classifier", "Perceptron")


class Described(NamedTuple):
    """An arm for readers: family and rank as in the catalog; a plain twin has its shortcuts removed."""

    title: str
    family: str
    rank: int
    twin: bool


def described(study: Study) -> dict[str, Described]:
    """Each arm of a study by its name there.

    An arm is called as the study says (`title`), else as the catalog does where it has a network's name, else
    by its own. Two arms that would be called alike keep their own names.
    """
    called = {name: _called(name, arm) for name, arm in study.models.items()}
    alike = [title for title in called.values() if [*called.values()].count(title) > 1]
    return {
        name: Described(
            name if called[name] in alike else called[name], *catalog.family(arm.model, arm.arguments)
        )
        for name, arm in study.models.items()
    }


def _called(name: str, arm: Arm) -> str:
    if arm.title:
        return arm.title
    if name not in catalog.CATALOG or name != arm.model:
        return name.replace("_", " ")
    title = catalog.CATALOG[name].title
    return title[0].lower() + title[1:] if title.split()[0].split("-")[0] in NOUNS else title
