import re

import pytest

from experiments import names, settings
from experiments.studies import variants


@pytest.mark.parametrize(
    ("setting", "assigned"),
    [
        ("", {}),
        ("data.train=250", {"data.train": "250"}),
        (
            "models.cnn-2.arguments.filters=[8, 16], recipe.optimizer=adam",
            {"models.cnn-2.arguments.filters": "[8, 16]", "recipe.optimizer": "adam"},
        ),
        (
            "recipe.flip=True, data.source=path:a, b=c, data.train=1",
            {"recipe.flip": "True", "data.source": "path:a, b=c", "data.train": "1"},
        ),
    ],
)
def test_assignments(setting, assigned):
    assert settings.assignments(setting) == assigned


def test_fields_are_read_by_their_last_names():
    assert (
        settings.readable("data.train=250, models.cnn.arguments.filters=[8, 16]")
        == "train=250, filters=[8, 16]"
    )
    assert settings.readable("") == ""


def test_as_much_of_the_path_stays_as_tells_two_fields_apart():
    both = "models.a.arguments.width=4, models.b.arguments.width=8"
    assert settings.readable(both) == "a.arguments.width=4, b.arguments.width=8"
    assert settings.readable("models.a.arguments.width=4", among=[both]) == "a.arguments.width=4"
    rates = "recipe.learning_rate=1, models.a.recipe.learning_rate=2"
    assert settings.readable(rates) == "recipe.learning_rate=1, a.recipe.learning_rate=2"


def test_folders_of_one_name_are_two_experiments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def name(data):
        return names.experiment_name("compare", variants.located(data))

    one, other = (name(f"path:{tmp_path / year / 'my photos'}") for year in "ab")
    assert one != other
    assert re.fullmatch(r"compare-my-photos-[0-9a-f]{6}", one)
    assert one == name("path:a/my photos/")
    assert name(f"path:{tmp_path / '사진 1'}").startswith("compare-사진-1-")
    assert name("digits") == "compare-digits"
    assert name("path:.").startswith(f"compare-{tmp_path.name[:30]}-")
    assert re.fullmatch(r"compare-[0-9a-f]{6}", name("path:/"))


# A command knows the study's name and its precision; a document that was put into a precision has one name.
@pytest.mark.parametrize("precision", [None, *names.PRECISIONS])
def test_a_folder_called_as_the_study_is_said_once_in_any_precision(tmp_path, precision):
    data = variants.located(f"path:{tmp_path / 'photographs'}")
    named = names.experiment_name("photographs", data, precision)
    composed = names.experiment_name(names.experiment_name("photographs", precision=precision), data)
    assert named == composed
    assert named.count("photographs") == 1
    assert names.experiment_name("compare", data).startswith("compare-photographs-")
