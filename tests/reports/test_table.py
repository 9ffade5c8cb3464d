from reports import table

ROWS = [["Arm", "Test accuracy", "To 0.80"], ["plain cnn", "0.838 ± 0.010", "not reached (0/5)"]]


def test_a_wide_terminal_wraps_nothing():
    assert table.fitted(ROWS, 80) is ROWS
    assert table.column_widths(ROWS, 80) == [9, 13, 17]


def test_a_narrow_one_wraps_the_widest_columns_between_words():
    assert table.column_widths(ROWS, 40) == [9, 12, 13]  # 34 + 3 × 2 = 40
    assert table.column_widths(ROWS, 10) == [5, 8, 7]  # plain, accuracy, reached: no word is cut


def test_a_table_that_cannot_fit_lies_on_its_side():
    assert table.fitted(ROWS, 20) == [
        ["Arm", "plain cnn"],
        ["Test accuracy", "0.838 ± 0.010"],
        ["To 0.80", "not reached (0/5)"],
    ]


def test_cells_are_unescaped():
    assert table.cells(r"| a \| b | 1 |") == ["a | b", "1"]
