"""What a container or batch system leaves to this process: the CPU and memory limits of its control groups.

A limit may stand at any level above the process (Kubernetes, Slurm and systemd put it at different ones), so
every level up to the mount is read, of version 1 and version 2 (Linux' cgroup-v1 and cgroup-v2 documents).
"""

import math
from collections.abc import Iterator
from pathlib import Path

PROCESS = Path("/proc/self")
UNLIMITED = 2**60  # bytes; version 1 writes no limit as the largest number of pages


def cores(process: Path = PROCESS) -> float:
    """The cores that the quotas allow, infinite where there is none."""
    return min((quota for group in _groups(process, "cpu") if (quota := _cores_of(group))), default=math.inf)


def free_memory_mib(process: Path = PROCESS) -> float:
    """What the tightest memory limit leaves, infinite where there is none; files in memory count as free."""
    left = (free for group in _groups(process, "memory") if (free := _free_bytes_of(group)) is not None)
    return min(left, default=math.inf) / 2**20


def memory_limit_mib(process: Path = PROCESS) -> float:
    """The tightest memory limit, infinite where there is none."""
    limits = (limit for group in _groups(process, "memory") if (limit := _limit_of(group)) is not None)
    return min(limits, default=math.inf) / 2**20


def _groups(process: Path, controller: str) -> Iterator[Path]:
    """The folders of the groups that a controller holds this process in, from its own up to the mount."""
    try:
        memberships = (process / "cgroup").read_text().splitlines()
        mounts = (process / "mountinfo").read_text().splitlines()
    except OSError:  # no Linux
        return
    for line in memberships:
        _, controllers, path = line.split(":", 2)
        for root, mount in _mounts(mounts, controller if controllers else ""):
            if controllers and controller not in controllers.split(","):
                continue
            inside = Path(path).relative_to(root) if Path(path).is_relative_to(root) else Path()
            group = mount / inside
            yield group
            yield from (parent for parent in group.parents if parent.is_relative_to(mount))


def _mounts(lines: list[str], controller: str) -> Iterator[tuple[Path, Path]]:
    """Root and mount point of the hierarchy of a controller; an empty one: of version 2."""
    for line in lines:
        here, _, there = line.partition(" - ")
        kind, _, options = there.split(" ", 2)
        if (kind == "cgroup2" and not controller) or (
            kind == "cgroup" and controller and controller in options.split(",")
        ):
            root, mount = here.split()[3:5]
            yield Path(root), Path(mount)


def _cores_of(group: Path) -> float | None:
    """The quota of one group in cores; None: it has none."""
    if text := _read(group / "cpu.max"):
        quota, period = text.split()
        return None if quota == "max" else int(quota) / int(period)
    quota, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
    return int(quota) / int(period) if quota and period and int(quota) > 0 else None


def _limit_of(group: Path) -> int | None:
    """The memory limit of one group in bytes; None: it has none."""
    text = _read(group / "memory.max") or _read(group / "memory.limit_in_bytes")
    return None if not text or text == "max" or int(text) >= UNLIMITED else int(text)


def _free_bytes_of(group: Path) -> int | None:
    limit = _limit_of(group)
    used = _read(group / "memory.current") or _read(group / "memory.usage_in_bytes")
    if limit is None or not used:
        return limit
    statistics = dict(line.split() for line in (_read(group / "memory.stat") or "").splitlines())
    given_back = int(statistics.get("total_inactive_file", statistics.get("inactive_file", 0)))
    return max(0, limit - int(used) + given_back)


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None
