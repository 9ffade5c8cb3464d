"""What people call the arms of a study, and what kind of network each is: for figures and tables."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from experiments import catalog, names

# In the middle of a sentence; other titles are names, which keep their capitals.
NOUNS = ("Plain", "Autoencoder", "Pretrained", "Fine", "Classifier", "Perceptron")


class Arm(Protocol):
    """What of an arm of a study file says how it is called."""

    model: str
    arguments: Mapping[str, Any]
    title: str | None


class Described(NamedTuple):
    """An arm for readers: family and rank as in the catalog; a plain twin has its shortcuts removed."""

    title: str
    family: str
    rank: int
    twin: bool


def described(models: Mapping[str, Arm]) -> dict[str, Described]:
    """Each arm of a study by its name there.

    An arm is called as the study says (`title`), else as the catalog does where it has a network's name, else
    by its own. Two arms that would be called alike keep their own names.
    """
    called = {name: _called(name, arm) for name, arm in models.items()}
    alike = [title for title in called.values() if [*called.values()].count(title) > 1]
    return {
        name: Described(
            name if called[name] in alike else called[name], *catalog.family(arm.model, arm.arguments)
        )
        for name, arm in models.items()
    }


def colors(models: Mapping[str, Arm]) -> dict[str, str]:
    """The colour of each arm of a study, as figures have it."""
    return names.arm_colors(
        {name: catalog.family(arm.model, arm.arguments)[:2] for name, arm in models.items()}
    )


def _called(name: str, arm: Arm) -> str:
    if arm.title:
        return arm.title
    if name not in catalog.CATALOG or name != arm.model:
        return name.replace("_", " ")
    title = catalog.CATALOG[name].title
    return title[0].lower() + title[1:] if title.split()[0].split("-")[0] in NOUNS else title
