import sys

from experiments.location import ROOT
from reports.answers import claims_table
from reports.tables import markdown, results

GOLDEN = (ROOT / "tests" / "reports" / "results_small.md").read_text()
ROWS = [["Arm", "Test accuracy", "To 0.80"], ["plain cnn", "0.838 ± 0.010", "not reached (0/5)"]]


def test_a_wide_terminal_wraps_nothing():
    assert markdown.fitted(ROWS, 80) == [ROWS]
    assert markdown.column_widths(ROWS, 80) == [9, 13, 17]


def test_a_narrow_one_wraps_the_widest_columns_between_words():
    assert markdown.column_widths(ROWS, 40) == [9, 12, 13]  # 34 + 3 × 2 = 40
    assert markdown.column_widths(ROWS, 10) == [5, 8, 7]  # plain, accuracy, reached: no word is cut


def test_a_table_that_cannot_fit_lies_on_its_side():
    on_its_side = [
        ["Arm", "plain cnn"],
        ["Test accuracy", "0.838 ± 0.010"],
        ["To 0.80", "not reached (0/5)"],
    ]
    assert markdown.fitted(ROWS, 20) == [on_its_side]


def test_as_many_arms_stand_side_by_side_as_fit():
    header, arm = (row * 2 for row in ROWS)  # upright, six columns need 2 × (5 + 8 + 7) + 6 × 2 = 52
    two, one = markdown.fitted([header, arm, arm, arm], 30)  # two arms: 8 + 7 + 7 + 3 × 2 = 28
    assert two == [list(row) for row in zip(header, arm, arm, strict=True)]
    assert one == [list(row) for row in zip(header, arm, strict=True)]


def test_cells_are_unescaped():
    assert markdown.cells(r"| a \| b | 1 |") == ["a | b", "1"]


def shown(text, capsys):
    markdown.show(text)
    return " ".join(capsys.readouterr().out.split())


def test_a_terminal_gets_no_definitions(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    told = shown(GOLDEN, capsys)
    for part in ("residual", "study small · data tiny_shirts", "- Note: features", "- Warning: fewer than 5"):
        assert part in told
    assert "2 attempts did not complete" in told
    assert "half-width" not in told and "Forward MACs: multiply" not in told


def test_piped_output_is_the_whole_text(capsys):
    assert shown(GOLDEN, capsys) == " ".join(GOLDEN.split())
    assert results.EXPLANATION.startswith(markdown.DEFINITIONS[0])
    assert claims_table.EXPLANATION.startswith(markdown.DEFINITIONS[1])
