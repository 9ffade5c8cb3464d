"""The catalog says of each network what its builder's signature says, and where it comes from."""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import UnionType
from typing import Union, get_args, get_origin

import pytest

from experiments import catalog, names
from experiments.catalog import CATALOG
from experiments.location import ROOT

# What a builder takes beside arguments of a study: where towers run is the machine's matter.
BESIDE_STUDIES = {"alexnet": {"devices"}}


def parameters(name):
    """The keyword arguments of a network's builder."""
    signature = inspect.signature(catalog.resolve(CATALOG[name].builder))
    first, second, *others = signature.parameters.values()
    assert [first.name, second.name] == ["input_shape", "classes"]
    assert {each.kind for each in others} <= {inspect.Parameter.KEYWORD_ONLY}
    return {each.name: each for each in others if each.name not in BESIDE_STUDIES.get(name, ())}


def plain(annotation):
    """A type without the bounds that the catalog adds: PositiveInt is an int."""
    if hasattr(annotation, "__metadata__"):
        return plain(get_args(annotation)[0])
    if get_origin(annotation) is tuple:
        return tuple[*map(plain, get_args(annotation))]
    if isinstance(annotation, UnionType) or get_origin(annotation) is Union:
        # What a study names by a text (`run:<id>`) a builder is given as the folder.
        kinds = [plain(each) for each in get_args(annotation)]
        return Union[*(Path if each is str else each for each in kinds)]
    return annotation


@pytest.mark.parametrize("name", CATALOG)
def test_arguments_are_those_of_the_builder(name):
    fields = CATALOG[name].arguments.model_fields
    expected = parameters(name)
    assert set(fields) == set(expected)
    for argument, field in fields.items():
        assert field.default == expected[argument].default, argument
        stated, built = plain(field.annotation), plain(expected[argument].annotation)
        assert get_args(stated) == get_args(built), argument
        assert stated == built, argument


@pytest.mark.parametrize("name", CATALOG)
def test_every_row_says_what_the_network_is(name):
    row = CATALOG[name]
    assert row.title and row.paper.authors and row.paper.title
    assert 1900 < row.paper.year < 2100
    assert "".join(re.findall(r"\d+", row.title)) == "".join(re.findall(r"\d+", name))


def test_titles_are_of_one_network_each():
    assert len({row.title for row in CATALOG.values()}) == len(CATALOG)


@pytest.mark.parametrize("name", CATALOG)
def test_an_unknown_argument_is_refused(name):
    with pytest.raises(ValueError, match=r"arguments\.depth: unknown argument"):
        catalog.complete_arguments(name, {"depth": 3})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("resnet18", {"stem": "large"}),
        ("resnet50", {"stride_on": "2x2"}),
        ("resnet20", {"shortcuts": "perhaps"}),
        ("vgg11", {"width": 0}),
        ("plain_cnn", {"filters": []}),
        ("pca", {"classifier": "tree"}),
    ],
)
def test_a_value_that_no_builder_takes_is_refused(name, arguments):
    [argument] = arguments
    with pytest.raises(ValueError, match=rf"arguments\.{argument}"):
        catalog.complete_arguments(name, arguments)


@pytest.mark.parametrize("package", ["resnet", "baselines"])
def test_a_package_offers_the_builders_of_the_catalog_in_its_order(package):
    offered = importlib.import_module(package)
    rows = {name: row for name, row in CATALOG.items() if row.builder.startswith(f"{package}.")}
    assert offered.__all__ == [name for name in rows if name in offered.__all__]
    for name in offered.__all__:
        assert getattr(offered, name) is catalog.resolve(rows[name].builder)


def test_models_that_have_seen_other_photographs_are_of_two_kinds():
    kinds = {name: row.kind for name, row in CATALOG.items() if "pretrained" in row.builder}
    assert kinds == {"pretrained_features": names.FROZEN, "finetuned": names.FINETUNED}


# A module and its function have one name; the package offers the function, whichever is imported first.
@pytest.mark.slow
def test_plain_cnn_is_the_function_and_a_module_too():
    code = """
import baselines.plain_cnn
import importlib
from baselines import autoencoder_features, plain_cnn
module = importlib.import_module("baselines.plain_cnn")
assert callable(plain_cnn) and module.plain_cnn is plain_cnn
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_catalog_loads_no_network():
    code = """
import sys
from experiments import catalog, names
catalog.complete_arguments("resnet18", {})
print(*({"keras", "tensorflow", "sklearn", "resnet", "baselines"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
