import pytest

from experiments import words


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (635, "10 min 35 s"),
        (3_480, "58 min"),
        (3_599, "1 h 0 min"),
        (7_500, "2 h 5 min"),
        (168_000, "1.9 days"),
        (2_000_000, "23 days"),
    ],
)
def test_a_forecast_has_two_units_at_most(seconds, told):
    assert words.duration(seconds) == told
