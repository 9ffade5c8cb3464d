"""Forecasts, bars and lines, by a clock that stands where it is set."""

import pytest

from experiments import names, words
from experiments.execution import progress
from experiments.execution.scheduler import TrialEvent
from experiments.logs import events
from experiments.studies import reading
from tests.support.small_study import DIGESTS, SMALL

FIRST, SECOND, *_ = reading.parse(SMALL, "small").trials(DIGESTS)  # of two epochs each
END = events.Finished(epoch=2, metrics={"test/accuracy": 0.5, "trial_seconds": 7.0}, diverged=False)


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def epoch(number, planned=FIRST):
    return TrialEvent(planned, events.EpochEnded(epoch=number, metrics={"validation/accuracy": 0.25}))


def outlook(clock, workers=1):
    return progress.Outlook({FIRST.trial.id: 300.0, SECOND.trial.id: 100.0}, workers, clock)


@pytest.mark.parametrize(
    ("seconds", "text"),
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
def test_a_forecast_has_two_units_at_most(seconds, text):
    assert words.duration(seconds) == text


def test_trials_count_by_their_planned_seconds():
    forecast = outlook(Clock())
    assert (forecast.share, forecast.remaining_seconds) == (0, 400)
    forecast.take(TrialEvent(FIRST, END))
    assert forecast.share == 0.75
    forecast.take(TrialEvent(SECOND, END))
    assert (forecast.share, forecast.remaining_seconds) == (1, 0)


def test_the_last_epoch_is_not_yet_the_end():
    forecast = outlook(Clock())
    forecast.take(epoch(1))
    assert forecast.share == pytest.approx(0.75 * 0.95 / 2)
    forecast.take(epoch(2))
    assert forecast.share == pytest.approx(0.75 * 0.95)


def test_a_trial_that_is_tried_again_is_not_done():
    forecast = outlook(Clock())
    forecast.take(TrialEvent(FIRST, events.Failed(reason="no luck"), again=True))
    assert forecast.share == 0
    forecast.take(TrialEvent(FIRST, events.Failed(reason="no luck")))
    assert forecast.share == 0.75


def test_the_pace_so_far_gives_the_scale():
    clock = Clock()
    forecast = outlook(clock, workers=2)
    assert forecast.remaining_seconds == 200
    clock.now = 300.0
    forecast.take(TrialEvent(FIRST, END))
    # Three quarters took 300 s: 400 s in all by pace, 200 by plan; the pace weighs 0.75 / 0.85.
    expected = (0.75 / 0.85) * 400 + (0.10 / 0.85) * 200
    assert forecast.remaining_seconds == pytest.approx(0.25 * expected)


# A sweep of learning rates is not the whole study: 400 s of it, and 400 s of the trials that follow.
def test_trials_that_follow_a_sweep_are_part_of_the_work():
    clock = Clock()
    forecast = progress.Outlook({FIRST.trial.id: 300.0, SECOND.trial.id: 100.0}, 1, clock, later=400.0)
    assert (forecast.share, forecast.remaining_seconds) == (0, 800)
    clock.now = 600.0
    forecast.take(TrialEvent(FIRST, END))
    forecast.take(TrialEvent(SECOND, END))
    assert forecast.share == 0.5
    assert forecast.remaining_seconds == pytest.approx(0.5 * (0.5 / 0.6 * 1200 + 0.1 / 0.6 * 800))


def test_lines_tell_ends_and_now_and_then_an_epoch(capsys):
    clock = Clock()
    forecast = outlook(clock)
    with progress.Lines(forecast, 2, clock=clock) as screen:
        screen.show(epoch(1))
        assert capsys.readouterr().out == ""
        clock.now = words.PLAIN_LINE_SECONDS
        screen.show(epoch(2))
        assert "epoch 2 of 2, validation accuracy 0.250" in capsys.readouterr().out
        screen.show(TrialEvent(FIRST, events.Failed(reason="no luck"), again=True))
        assert capsys.readouterr().out.startswith("[0/2] ")
        screen.show(TrialEvent(FIRST, END))
        line = capsys.readouterr().out
    assert line.startswith("[1/2] ")
    assert FIRST.trial.id in line


# Of 400 s that were planned in all, 300 are done before these trials begin.
def test_what_a_sweep_did_counts(capsys):
    forecast = progress.Outlook({SECOND.trial.id: 100.0}, 1, Clock(), before=300.0)
    assert (forecast.share, forecast.remaining_seconds) == (0.75, 100)
    forecast.take(epoch(1, SECOND))
    assert forecast.share == pytest.approx(0.75 + 0.25 * 0.95 / 2)
    with progress.Lines(forecast, 4, 3) as screen:
        screen.show(TrialEvent(SECOND, END))
    assert capsys.readouterr().out.startswith("[4/4] ")


# Rates are chosen on validation: of a sweep nothing that the test images say is shown.
def test_a_trial_of_a_sweep_ends_with_what_its_rate_is_chosen_by(capsys):
    swept = FIRST._replace(role=names.TUNE_ROLE)
    with progress.Lines(outlook(Clock()), 2) as screen:
        screen.show(TrialEvent(swept, epoch(2).event))
        screen.show(TrialEvent(swept, END))
        assert "validation accuracy 0.250 at epoch 2" in (line := capsys.readouterr().out)
        assert "test" not in line
        screen.show(TrialEvent(swept, events.Finished(epoch=1, metrics={}, diverged=True)))
    assert "diverged at this rate" in capsys.readouterr().out


def test_bars_show_a_line_for_each_running_trial():
    forecast = outlook(Clock())
    with progress.Bars(forecast, 2) as screen:
        screen.show(epoch(1))
        screen.show(epoch(2, SECOND))
        tasks = {task.description: task for task in screen._progress.tasks}
        assert set(tasks) == {"all trials", FIRST.run_name, SECOND.run_name}
        assert (tasks[FIRST.run_name].completed, tasks[SECOND.run_name].completed) == (1, 2)
        screen.show(TrialEvent(FIRST, END))
        left = {task.description: task.fields["state"] for task in screen._progress.tasks}
    assert set(left) == {"all trials", SECOND.run_name}
    assert left["all trials"].startswith("1 of 2 done, ")
