"""A library that panics ends the command as any defect does: in a message, and with the exit code of one."""

import sys
from pathlib import Path

import pytest

from audit import cli


class PanicException(BaseException):
    """What a library in Rust raises when it gives up: no `Exception`."""


def test_a_panic_is_caught_like_any_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def panic(*_: object) -> int:
        raise PanicException("index out of bounds")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "_run_verb", panic)
    monkeypatch.setattr(sys, "argv", ["audit", "check", "records_requests"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 70
    assert capsys.readouterr().err == (
        "audit: this is a defect of the program, not of your data. Report it with audit-defect.log.\n"
    )
