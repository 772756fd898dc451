"""Files are there when they are whole, and not before."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from formcheck.capture.files import replacing, text_file


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replacing(target) as made:
        made.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new" and names(tmp_path) == ["a.txt"]


def test_what_goes_wrong_or_is_given_up_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def interrupted() -> None:
        with replacing(target) as made:
            made.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with replacing(target) as made:
        made.unlink()
    assert target.read_text() == "old" and names(tmp_path) == ["a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes are those of POSIX")
def test_links_are_followed_and_modes_are_as_asked(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    with replacing(link, mode=0o600, sync=True) as made:
        made.write_text("secret")
    assert link.is_symlink() and target.read_text() == "secret"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_text_may_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with text_file(Path("-")) as file:
        file.write("17°\n")
    assert capsys.readouterr().out == "17°\n"
