"""Costs as of a machine on which every network starts in a second and trains a step in a hundredth."""

from experiments.planning import costs
from experiments.studies import cost

COST = cost.Cost(
    parameters=1000,
    macs=10**6,
    start_seconds=1,
    step_seconds=0.01,
    evaluated_image_seconds=0.001,
    memory_mib=500,
    activation_bytes=4000,
)


def know(monkeypatch) -> None:
    """Plans are made without measuring: what a network costs is not what these tests are about."""
    monkeypatch.setattr(costs, "measured", lambda requests, *_: {request.key: COST for request in requests})
