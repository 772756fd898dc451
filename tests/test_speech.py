"""The voice is tested with real programs: a script that logs, and espeak-ng where it is."""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from formcheck.cli.speech import Speaker, Voice, find_voice

posix = pytest.mark.skipif(sys.platform == "win32", reason="the speaking script is for sh")

# Says (logs) what it reads and takes its time over it, as a voice does.
SCRIPT = """#!/bin/sh
if [ "$1" = "--cancel" ]; then echo "cancel" >> "{log}"; exit 0; fi
if [ "{reads}" = yes ]; then text=$(cat); else for text; do :; done; fi
[ -n "$text" ] || exit 0
echo "$text" >> "{log}"
[ -e "{folder}/short" ] || sleep 30
echo "end of $text" >> "{log}"
exit {code}
"""


class Terminal(io.StringIO):
    """A terminal whose bells can be counted."""

    def isatty(self) -> bool:
        return True


class Theatre:
    """A folder on the PATH with a speaking program, and what was heard from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.log.touch()

    def hire(self, name: str, *, reads: bool = True, code: int = 0) -> None:
        program = self.folder / name
        text = SCRIPT.format(
            log=self.log, folder=self.folder, reads="yes" if reads else "no", code=code
        )
        program.write_text(text)
        program.chmod(0o755)

    def short(self) -> None:
        """From now on sentences are over as soon as they are said."""
        (self.folder / "short").touch()

    def heard(self) -> list[str]:
        return self.log.read_text().splitlines()

    def until(self, done: Callable[[list[str]], bool]) -> list[str]:
        give_up = time.monotonic() + 120
        while not done(self.heard()):
            assert time.monotonic() < give_up, self.heard()
            time.sleep(0.01)
        return self.heard()

    def until_said(self, text: str) -> None:
        """Who leaves a speaker lets it end, but not for as long as a busy computer takes."""
        self.until(lambda heard: heard[-1:] == [f"end of {text}"])


@pytest.fixture
def theatre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Theatre:
    # Beside it only what the script itself needs.
    for tool in ("sh", "cat", "sleep"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.setenv("PATH", str(tmp_path))
    return Theatre(tmp_path)


def voice() -> Voice:
    found = find_voice()
    assert found is not None
    return found


@posix
@pytest.mark.parametrize(("name", "reads"), [("espeak-ng", True), ("spd-say", False)])
def test_sentences_are_said_one_after_the_other(theatre: Theatre, name: str, reads: bool) -> None:
    if sys.platform == "darwin":
        name = "say"
    theatre.hire(name, reads=reads or name == "say")
    theatre.short()
    with Speaker(voice()) as speaker:
        for text in ("Keep your heels touching.", "90° at the knee.", "Set done."):
            speaker.say(text)
        theatre.until_said("Set done.")
    assert theatre.heard() == [
        line
        for text in ("Keep your heels touching.", "90° at the knee.", "Set done.")
        for line in (text, f"end of {text}")
    ]
    assert speaker.problem == ""


@posix
@pytest.mark.parametrize(("name", "reads"), [("espeak-ng", True), ("spd-say", False)])
def test_a_count_cuts_off_a_cue_and_what_waited_behind_it(
    theatre: Theatre, name: str, reads: bool
) -> None:
    if sys.platform == "darwin":
        name = "say"
    theatre.hire(name, reads=reads or name == "say")
    with Speaker(voice()) as speaker:
        speaker.say("Keep your heels touching.")
        speaker.say("Lift your chest.")
        theatre.until(lambda heard: heard == ["Keep your heels touching."])
        theatre.short()
        speaker.say("four", interrupt=True)
        theatre.until_said("four")
    heard = [line for line in theatre.heard() if line != "cancel"]
    assert heard == ["Keep your heels touching.", "four", "end of four"]
    # A voice that only hands the text to another program has to tell that one.
    assert ("cancel" in theatre.heard()) == (name == "spd-say")


@posix
def test_an_expired_sentence_in_the_queue_gives_way_to_the_next(theatre: Theatre) -> None:
    theatre.hire("say" if sys.platform == "darwin" else "espeak-ng")
    theatre.short()
    with Speaker(voice()) as speaker:
        speaker.say("old", within_s=-1.0)
        speaker.say("new")
        theatre.until_said("new")
    assert theatre.heard() == ["new", "end of new"]


@posix
def test_muted_is_silent_at_once_and_makes_up_for_nothing(theatre: Theatre) -> None:
    theatre.hire("say" if sys.platform == "darwin" else "espeak-ng")
    with Speaker(voice()) as speaker:
        speaker.say("Push your knees out.")
        theatre.until(lambda heard: len(heard) == 1)
        theatre.short()
        speaker.muted = True
        speaker.say("one", interrupt=True)
        speaker.muted = False
        speaker.say("two")
        theatre.until_said("two")
    assert theatre.heard() == ["Push your knees out.", "two", "end of two"]


@posix
def test_being_interrupted_often_is_no_failure(theatre: Theatre) -> None:
    theatre.hire("say" if sys.platform == "darwin" else "espeak-ng")
    with Speaker(voice()) as speaker:
        for number in range(1, 5):
            speaker.say(str(number), interrupt=True)
            theatre.until(lambda heard, text=str(number): heard[-1:] == [text])
        speaker.hush()
    assert speaker.problem == ""
    assert theatre.heard() == ["1", "2", "3", "4"]


@posix
def test_closing_does_not_wait_for_a_voice_that_never_ends(theatre: Theatre) -> None:
    theatre.hire("say" if sys.platform == "darwin" else "espeak-ng")
    speaker = Speaker(voice())
    speaker.say("Push your knees out.")
    theatre.until(lambda heard: len(heard) == 1)
    speaker.close()  # the script sleeps for 30 s
    assert theatre.heard() == ["Push your knees out."]


@posix
def test_a_voice_that_fails_is_given_up_with_a_sentence(theatre: Theatre) -> None:
    name = "say" if sys.platform == "darwin" else "espeak-ng"
    theatre.hire(name, code=1)
    theatre.short()
    bell = Terminal()
    with Speaker(voice(), bell=bell) as speaker:
        for text in ("one", "two"):
            speaker.say(text)
            theatre.until(lambda heard, text=text: f"end of {text}" in heard)
        give_up = time.monotonic() + 120
        while not speaker.problem and time.monotonic() < give_up:
            time.sleep(0.01)
        speaker.say("three", interrupt=True)
    assert name in speaker.problem and speaker.problem.endswith(".")
    assert bell.getvalue() == "\a"
    assert "three" not in theatre.heard()


@pytest.mark.skipif(sys.platform == "win32", reason="there it looks for PowerShell")
def test_without_a_voice_counts_ring_the_terminal(theatre: Theatre) -> None:
    assert find_voice() is None
    bell = Terminal()
    with Speaker(None, bell=bell) as speaker:
        assert "espeak-ng" in speaker.problem
        speaker.say("Keep your heels touching.")
        speaker.say("one", interrupt=True)
        speaker.say("two", interrupt=True)
        speaker.muted = True
        speaker.say("three", interrupt=True)
    assert bell.getvalue() == "\a\a"
    log = io.StringIO()  # a file is no terminal: no bell in it
    with Speaker(None, bell=log) as speaker:
        speaker.say("one", interrupt=True)
    assert log.getvalue() == ""


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not here")
def test_the_real_espeak_speaks(tmp_path: Path) -> None:
    found = voice()
    assert found.command[0] == "espeak-ng"
    sound = tmp_path / "said.wav"
    # The same command, its sound into a file: a test machine has no loudspeaker.
    with Speaker(Voice((*found.command, "-w", os.fspath(sound)))) as speaker:
        speaker.say("Seven. Keep your heels touching.")
    assert speaker.problem == ""
    assert sound.read_bytes()[:4] == b"RIFF"
    assert sound.stat().st_size > 40_000  # about a second and more of speech
