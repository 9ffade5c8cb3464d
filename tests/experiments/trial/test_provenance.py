"""What counts as a change of the code that trained, in a real repository."""

import git
import pytest

from experiments import location, names
from experiments.trial import provenance


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    repository = git.Repo.init(tmp_path)
    for file in ("experiments/trial/load.py", "reports/words.py", "requirements.txt"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("one\n")
    repository.git.add(all=True)
    repository.git.execute(["git", "-c", "user.name=a", "-c", "user.email=a@example", "commit", "-m", "one"])
    monkeypatch.setattr(location, "ROOT", tmp_path)
    return tmp_path


def test_the_commit(checkout):
    tags = provenance.commit_tags()
    assert tags == {names.GIT_COMMIT: git.Repo(checkout).head.commit.hexsha, names.GIT_DIRTY: "false"}


@pytest.mark.parametrize(
    ("file", "dirty"),
    [
        ("experiments/trial/load.py", "true"),
        ("experiments/new.py", "true"),
        ("requirements.txt", "true"),
        ("reports/words.py", "false"),
        ("predictions.csv", "false"),
    ],
)
def test_only_code_that_trains_makes_a_difference(checkout, file, dirty):
    (checkout / file).write_text("two\n")
    assert provenance.commit_tags()[names.GIT_DIRTY] == dirty


def test_flags_by_which_tensorflow_computes_otherwise_are_told():
    environment = {
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
        "TF_DETERMINISTIC_OPS": "1",
        "TF_ENABLE_ONEDNN_OPTS": "0",  # has a tag of its own
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PATH": "/bin",
    }
    assert provenance.flags(environment) == (
        "TF_DETERMINISTIC_OPS=1 TF_XLA_FLAGS=--tf_xla_auto_jit=2 XLA_FLAGS=--xla_cpu_enable_fast_math=true"
    )
    assert provenance.flags({"HOME": "/"}) == ""
