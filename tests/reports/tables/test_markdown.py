from reports.tables import markdown

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


BLOCKS = [
    markdown.Block("text", "# small"),
    markdown.Block("table", [["Arm", "Trials"], ["a | b", "1"], ["c", "12"]]),
    markdown.Block("definitions", "Trials: how many."),
    markdown.Block("notes", ["Note: a < b", "Warning: few"]),
]


def test_blocks_are_written_as_markdown_with_its_own_signs_escaped():
    assert markdown.write(BLOCKS) == (
        "# small\n\n"
        "| Arm    | Trials |\n|:-------|-------:|\n| a \\| b |      1 |\n| c      |     12 |\n\n"
        "Trials: how many.\n\n"
        "- Note: a \\< b\n- Warning: few\n"
    )


def test_a_terminal_gets_no_definitions(capsys):
    markdown.show(BLOCKS)
    shown = capsys.readouterr().out
    for part in ("# small", "a | b", "12", "- Note: a", "- Warning: few"):
        assert part in shown
    assert "how many" not in shown
