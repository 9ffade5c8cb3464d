"""A study on other data than its own: its name, its sizes, its targets, and what is told of them."""

import pytest

from experiments.planning import request
from experiments.studies import reading, variants

ASKED = {"train": 1000, "validation": 500, "test": 2000}


@pytest.fixture
def told():
    return []


def sizes(study):
    return {name: getattr(study.data, name) for name in ASKED}


# scikit-learn's digits are 1,797: test gives way to validation's size, then all three in proportion.
def test_sizes_shrink_to_what_there_is_and_that_is_told(tmp_path, told):
    own = request.read_study("compare", None, tmp_path, told.append)
    assert (sizes(own), told) == (ASKED, [])
    study = request.read_study("compare", "digits", tmp_path, told.append)
    assert sizes(study) == {"train": 898, "validation": 449, "test": 449}
    assert study.name == "compare-digits"
    wanted = "1,000 train, 500 validation, 2,000 test"
    assert told[-1].endswith(f"sizes become 898 train, 449 validation, 449 test instead of {wanted}")
    assert request.command_words("compare", "digits", study, {"near_duplicates": "apart"}) == {
        "study": "compare",
        "data": "digits",
        "near_duplicates": "apart",
        "sizes": wanted,
    }
    assert "sizes" not in request.command_words("compare", None, own, {})


def test_targets_of_a_named_data_set_are_not_those_of_another(tmp_path, told):
    study = request.read_study("compare", "digits", tmp_path, told.append)
    assert study.targets == [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert told[0] == (
        "the targets of the file are for fashion_mnist; here they are 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, and "
        "claims of speed are about the highest that half of the trials reach"
    )
    first, second, *others = study.stated()
    assert (first.target, first.metric) == (tuple(study.targets), "epochs")
    assert (second.target, second.metric) == (tuple(study.targets), "seconds")
    assert {claim.target for claim in others} == {None}


# So do the sizes that a claim names: the largest stays the largest.
def test_sizes_that_vary_keep_their_proportions(tmp_path, told):
    own = request.read_study("train_size", None, tmp_path, told.append)
    study = request.read_study("train_size", "digits", tmp_path, told.append)
    (varied,), (shrunk,) = own.vary.values(), study.vary.values()
    least, most = min(shrunk), max(shrunk)
    assert [claim.text for claim in study.stated()] == [
        f"gap(resnet18 at train={most}) < gap(resnet18 at train={least})",
        "gap(resnet18) > gap(plain_cnn) for every train",
        f"resnet18 has lower test accuracy than plain_cnn where train={least}",
        f"resnet18 has higher test accuracy than plain_cnn where train={most}",
    ]
    assert [size / shrunk[-1] for size in shrunk] == pytest.approx(
        [size / varied[-1] for size in varied], rel=0.02
    )
    asked = request.command_words("train_size", "digits", study, {})["sizes"]
    assert asked.startswith(f"{max(varied):,} train, ")


def resized(*claims):
    """Claims of a study of sizes 250, 500 and 1000 after its largest became 400."""
    document = {"data": {}, "vary": {"data.train": [250, 500, 1000]}, "claims": [*claims]}
    return variants.sized(document, {"train": 400, "validation": 9, "test": 9})["claims"]


def test_sizes_in_claims_are_found_however_they_are_written():
    assert resized(
        "gap(a) > gap(b) for every train <=  5e2", "gap(a at train = 250.0) > gap(a at data.train=1000)"
    ) == [
        "gap(a) > gap(b) for every train <= 200",
        "gap(a at train = 100) > gap(a at data.train=400)",
    ]
    assert resized("gap(a) > gap(b) + 250 for every train", "a has higher train error than b by 500") == [
        "gap(a) > gap(b) + 250 for every train",
        "a has higher train error than b by 500",
    ]


# Both then speak of the one common target.
def test_claims_of_two_targets_become_one(tmp_path, told):
    text = (reading.STUDIES / "compare.yaml").read_text(encoding="utf-8")
    first = "  - resnet18 reaches 0.75 in fewer epochs than plain_cnn"
    study = tmp_path / "mine.yaml"
    text = text.replace("name: compare", "name: mine").replace(
        first, f"{first.replace('0.75', ' 0.6')}\n{first}"
    )
    study.write_text(text, encoding="utf-8")
    assert len(request.read_study(str(study), None, tmp_path, told.append).stated()) == 6
    assert len(request.read_study(str(study), "digits", tmp_path, told.append).stated()) == 5


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        (
            "experiments/studies/compare.yaml",
            "path:photographs",
            {"study": "compare", "data": "path:HERE/photographs"},
        ),
        ("parts.yaml", None, {"study": "HERE/parts.yaml"}),
    ],
)
def test_a_command_is_told_such_that_it_works_from_anywhere(name, data, told, tmp_path, monkeypatch):
    own = (reading.STUDIES / "compare.yaml").read_text(encoding="utf-8")
    (tmp_path / "parts.yaml").write_text(own.replace("name: compare", "name: parts"), encoding="utf-8")
    (tmp_path / "experiments").symlink_to(reading.STUDIES.parent)
    monkeypatch.chdir(tmp_path)
    study = request.read_study(name, None, tmp_path, print)
    expected = {key: value.replace("HERE", str(tmp_path)) for key, value in told.items()}
    assert request.command_words(name, data, study, {}) == expected
