import pytest

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
    markdown.Block("title", "Answer"),
    markdown.Block("table", [["Arm", "Trials"], ["a | b", "1"], ["c", "12"]]),
    markdown.Block("definitions", "Trials: how many."),
    markdown.Block("notes", ["Note: a < b", "Warning: few"]),
]


def test_blocks_are_written_as_markdown_with_its_own_signs_escaped():
    assert markdown.write(BLOCKS) == (
        "# small\n\n"
        "**Answer**\n\n"
        "| Arm    | Trials |\n|:-------|-------:|\n| a \\| b |      1 |\n| c      |     12 |\n\n"
        "Trials: how many.\n\n"
        "- Note: a \\< b\n- Warning: few\n"
    )


def test_a_number_is_not_broken_over_lines():
    kept = {
        "0.811 ± 0.007": "0.811_±_0.007",
        "≤ 10 epochs, ≤ 8.2 s (5/8)": "≤_10_epochs, ≤_8.2_s (5/8)",
        "not reached (0/5)": "not reached (0/5)",
        "+8.39 s (+5.35 … +11.4)": "+8.39_s (+5.35_…_+11.4)",
        "8 and 8": "8_and_8",
        "3 (1 diverged)": "3 (1 diverged)",
        "5 and 5 (none of resnet18 at 0.75)": "5_and_5 (none of resnet18 at 0.75)",
        "28.6 M": "28.6_M",
        "not enough evidence": "not enough evidence",
        "< 0.001": "<_0.001",
    }
    assert {cell: markdown.unbroken(cell).replace("\N{NO-BREAK SPACE}", "_") for cell in kept} == kept


# A name of 24 characters or more, and gaps of 14: 24 × 8.4 + 27 = 228.6 and 14 × 8.4 + 27 = 144.6 pixels.
@pytest.mark.parametrize(("gaps", "whole"), [(0, True), (1, True), (4, True), (5, False)])
def test_a_table_of_a_name_and_four_gaps_is_shown_whole(gaps, whole):
    rows = [["Arm", *["Gap"] * gaps], ["autoencoder_features · train=250", *["+0.144 ± 0.009"] * gaps]]
    assert markdown.pixels(rows) == pytest.approx(228.6 + 144.6 * gaps)
    assert markdown.fits(rows) == whole


def test_a_column_is_as_wide_as_the_longest_piece_of_it():
    rows = [["Claim", "Splits that would decide", "Verdict"], ["a > b", "10 to 37", "not enough evidence"]]
    assert markdown.pixels(rows) == pytest.approx((5 + 8 + 8) * 8.4 + 3 * 27)  # a > b, 10 to 37, evidence
    words = [["Claim", "p"], ["a_sentence_that_is_one_word_only has more", "0.1"]]
    assert markdown.pixels(words) == pytest.approx((32 + 3) * 8.4 + 2 * 27)


def test_a_table_without_rows_has_its_header():
    assert markdown.pixels([["Arm", "Trials"]]) == pytest.approx((3 + 6) * 8.4 + 2 * 27)


def test_a_terminal_gets_no_definitions(capsys):
    markdown.show(BLOCKS)
    shown = capsys.readouterr().out
    for part in ("# small", "a | b", "12", "- Note: a", "- Warning: few"):
        assert part in shown
    assert "how many" not in shown
