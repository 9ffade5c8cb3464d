"""What may not be written is told in one line, with its owner and what to do."""

import errno

from experiments import errors
from experiments.command_line import exit_status


def refusal(path, number=errno.EACCES):
    return PermissionError(number, "Permission denied", str(path))


def test_the_owner_of_the_nearest_thing_there_is_named(tmp_path):
    said = errors.of_the_system(refusal(tmp_path / "not" / "there"))
    assert said.startswith(f"{tmp_path / 'not' / 'there'}: Permission denied ({tmp_path} belongs to ")
    assert "--work" in said and "--store" in said


def test_a_full_disk_is_no_matter_of_rights(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path))
    assert errors.of_the_system(full) == f"{tmp_path}: No space left on device"
    assert errors.of_the_system(OSError(errno.EACCES, "Permission denied")) == "Permission denied"


def test_a_command_ends_with_that_line(tmp_path, capsys):
    def command():
        raise refusal(tmp_path / "a\nb")

    assert exit_status(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "belongs to" in line
