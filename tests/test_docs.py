"""The documents name what the code has: every field, every model, every make target."""

import re

import pytest
import yaml

from experiments import catalog
from experiments.studies import reading
from experiments.studies.ladder import Ladder
from experiments.studies.specification import Recipe
from experiments.studies.study import Arm, Data, Study
from experiments.studies.sweep import Tune
from tests.support.places import ROOT

STUDIES = (ROOT / "docs" / "studies.md").read_text()
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("model", [Study, Data, Arm, Recipe, Tune, Ladder], ids=lambda model: model.__name__)
def test_every_field_of_a_study_file_is_described(model):
    rows = [line.split("|")[1] for line in STUDIES.splitlines() if line.startswith("| `")]
    described = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert {field.alias or name for name, field in model.model_fields.items()} <= described


def test_the_limits_name_the_studies_of_one_split():
    limits = README.partition("## Limits")[2].partition("speak of")[0]
    shipped = {path.stem: reading.load(path) for path in reading.STUDIES.glob("*.yaml")}
    of_one = {name for name, document in shipped.items() if document.get("splits") == "one"}
    assert set(re.findall(r"`([a-z_-]+)`", limits)) == of_one


def test_every_model_and_argument_is_described():
    rows = [line.split("|")[1:3] for line in STUDIES.splitlines() if line.startswith("| `")]
    table = {name: row[1] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert set(catalog.CATALOG) <= set(table)
    for name in (
        "plain_cnn",
        "autoencoder_features",
        "lenet5",
        "zfnet",
        "vgg13",
        "googlenet",
        "resnet18",
        "resnet20",
    ):
        for argument in catalog.CATALOG[name].arguments.model_fields:
            assert f"`{argument}`" in table[name]


def test_the_defaults_in_the_recipe_table_are_the_code_s():
    for line in STUDIES.split("## `recipe`")[1].split("## ")[0].splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith("| `"):
            default = Recipe.model_fields[cells[1].strip("`")].default
            assert yaml.safe_load(cells[2].strip("`")) == default, line


def test_the_example_study_is_valid():
    example = yaml.safe_load(re.search(r"```yaml\n(name: mine.*?)```", STUDIES, re.DOTALL)[1])
    assert reading.parse(example, "mine.yaml").name == "mine"


def test_the_example_on_photographs_is_valid():
    text = (ROOT / "docs" / "photographs.md").read_text()
    example = yaml.safe_load(re.search(r"```yaml\n(# parts.yaml.*?)```", text, re.DOTALL)[1])
    study = reading.parse(example, "parts.yaml")
    assert len(study.stated()) == 2


def test_the_readme_names_only_targets_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z][a-z-]+)", README))
    assert {"compare", "report", "ui", "test", "smoke"} <= named <= targets


PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs").glob("answers/*.md")),
]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


def test_every_file_that_the_architecture_names_is_there():
    named = set(re.findall(r"`((?:experiments|reports|resnet|baselines)/[\w./]+)`", ARCHITECTURE))
    assert len(named) > 30
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("package", ["experiments", "reports"])
def test_the_architecture_has_every_folder(package):
    section = ARCHITECTURE.split(f"## `{package}/`")[1].split("\n## ")[0]
    rows = {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}
    folders = {
        f"{file.parent.relative_to(ROOT / package)}/" for file in (ROOT / package).rglob("__init__.py")
    }
    assert folders - {"./"} <= rows


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def anchors(page) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_anchor_of_a_link_is_a_heading(page):
    links = re.findall(r"\]\(([^)#:]*\.md)?#([^)]+)\)", page.read_text())
    targets = [(page.parent / name if name else page, anchor) for name, anchor in links]
    assert [anchor for target, anchor in targets if anchor not in anchors(target)] == []
