"""The command and its page."""

import pytest

from reports.__main__ import main
from reports.calibration import page
from reports.calibration.tables import Table

TABLE = Table("A table", ["arms", "6 seeds"], [["normal", "4.0%"]], [], "What it says.")


def test_a_part_that_is_measured_anew_leaves_the_other():
    first = page.whole("", {part: page.section(part, [TABLE], f"{part}, once.") for part in page.PARTS})
    second = page.whole(first, {"learners": page.section("learners", [TABLE], "learners, twice.")})
    assert second == first.replace("learners, once.", "learners, twice.")
    third = page.whole(second, {"simulated": page.section("simulated", [TABLE], "simulated, twice.")})
    assert third == second.replace("simulated, once.", "simulated, twice.")


def test_a_page_of_one_part():
    text = page.whole("# An old page\n", {"simulated": page.section("simulated", [TABLE], "20 studies.")})
    assert text.startswith("# Calibration of the verdicts\n")
    assert "Real learners" not in text
    assert "### A table\n\nWhat it says.\n\n| arms " in text
    assert text.endswith("\n\n20 studies.\n")


def test_without_fashion_mnist_it_says_what_to_do(tmp_path, capsys):
    assert main(["calibrate", "--part", "learners", "--images", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "experiments.data.prepare fashion_mnist, or give --part simulated" in told


@pytest.mark.parametrize("number", ["19", "some", "-5"])
def test_too_few_are_refused(number, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["calibrate", "--studies", number])
    assert ended.value.code == 2
    assert "a whole number of at least 20 is needed" in capsys.readouterr().err
