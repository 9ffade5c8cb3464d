"""Registered forecasts outlive a store, and travel with a pack."""

import pytest

from experiments import names
from experiments.errors import UserError
from experiments.store import forecasts

FIRST, SECOND = ({names.FORECAST + key: f'{{"arm": "{key}"}}'} for key in ("a", "b"))


def test_what_the_store_lost_comes_back_and_what_the_folder_lacks_is_written(tmp_path):
    assert forecasts.changed_tags("small", tmp_path, {"other": "1"}) == {}
    assert forecasts.changed_tags("small", tmp_path, FIRST | {"other": "1"}) == FIRST
    forecasts.keep(tmp_path, "small", FIRST | {"other": "1"})
    assert forecasts.kept(tmp_path, "small") == FIRST
    assert forecasts.changed_tags("small", tmp_path, FIRST) == {}
    assert forecasts.changed_tags("small", tmp_path, SECOND) == FIRST | SECOND
    assert forecasts.changed_tags("another", tmp_path, {}) == {}


def test_one_that_is_kept_stays_as_it_is(tmp_path):
    forecasts.keep(tmp_path, "small", FIRST)
    forecasts.keep(tmp_path, "small", dict.fromkeys(FIRST, "edited") | SECOND)
    assert forecasts.kept(tmp_path, "small") == FIRST | SECOND


def test_a_damaged_record_is_told(tmp_path):
    forecasts.keep(tmp_path, "small", FIRST)
    (tmp_path / "claims" / "forecasts" / "small.json").write_text("[1]")
    with pytest.raises(UserError, match=r"small\.json: the registered forecasts cannot be read"):
        forecasts.changed_tags("small", tmp_path, {})
