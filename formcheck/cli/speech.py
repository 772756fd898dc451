"""Say sentences aloud with the voice the computer already has.

Every desktop system brings a program that speaks: `say` on macOS, PowerShell on
Windows, espeak-ng or speech-dispatcher on most Linux desktops. They run on the
computer itself; no text is sent anywhere.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import IO, Final, Self

from formcheck.language import language

NO_VOICE: Final = (
    "No program that speaks was found on this computer, so counts are a beep of the terminal; "
    "install espeak-ng to hear the coach."
)
SILENT_VOICE: Final = (
    "The computer's voice ({program}) gives no sound, so counts are a beep of the terminal; "
    "check the loudspeaker."
)

# No sentence takes this long: a program that does has hung.
_LONGEST_S: Final = 20.0
# A single slip is forgiven, a second one in a row is not.
_FAILURES: Final = 2

_POWERSHELL: Final = (
    "[Console]::InputEncoding = [Text.Encoding]::UTF8; "
    "Add-Type -AssemblyName System.Speech; "
    "$voice = New-Object System.Speech.Synthesis.SpeechSynthesizer; "
    "try { $voice.SelectVoiceByHints('NotSet', 'NotSet', 0, '{culture}') } catch { }; "
    "$voice.Speak([Console]::In.ReadToEnd())"
)


#: The regions whose voices Windows most often has.
_CULTURES: Final = {"en": "en-US", "es": "es-ES"}


@dataclass(frozen=True, slots=True)
class Voice:
    """A program that speaks one text and ends.

    command: started with its arguments. reads: the text comes on its standard
    input, else as its last argument. hush: what to run besides ending the
    program when it is to fall silent at once, because another one does the speaking.
    """

    command: tuple[str, ...]
    reads: bool = True
    hush: tuple[str, ...] = ()


def find_voice() -> Voice | None:
    """The voice of this computer in the language that is spoken, None when there is none.

    On a Mac it is the one chosen in its settings.
    """
    code = language()
    known: tuple[Voice, ...]
    if sys.platform == "darwin":
        known = (Voice(("say", "-f", "-")),)
    elif sys.platform == "win32":
        known = (
            Voice(("powershell", "-NoProfile", "-NonInteractive", "-Command", _speak_as(code))),
        )
    else:
        known = (
            Voice(("espeak-ng", "-v", code, "--stdin")),
            Voice(("espeak", "-v", code, "--stdin")),
            Voice(("spd-say", "-l", code, "--wait", "--"), False, ("spd-say", "--cancel")),
        )
    return next((voice for voice in known if shutil.which(voice.command[0])), None)


def _speak_as(code: str) -> str:
    return _POWERSHELL.replace("{culture}", _CULTURES[code])


class Speaker:
    """Says one thing at a time, in a thread of its own; a context manager.

    voice: see find_voice; None: the terminal's bell stands in for what interrupts
    (counts). muted: nothing is heard until it is switched off; what is said in
    the meantime is not made up for. bell: where the bell is rung.

    Leaving the context lets the last sentence end (for a few seconds at most).
    """

    def __init__(
        self, voice: Voice | None, *, muted: bool = False, bell: IO[str] | None = None
    ) -> None:
        self._voice = voice
        self._bell = sys.stderr if bell is None else bell
        self._muted = muted
        self._waiting: deque[tuple[str, float]] = deque()
        self._changed = threading.Condition()
        # The one that speaks, and one that is loaded and waits for its text: starting
        # PowerShell takes longer than a count may be late.
        self._speaking: subprocess.Popen[str] | None = None
        self._spare: subprocess.Popen[str] | None = None
        self._hushed = False
        self._closed = False
        self._failures = 0
        #: A sentence for the person once nothing can be heard, else empty.
        self.problem = "" if voice is not None else NO_VOICE
        self._thread = threading.Thread(target=self._run, name="formcheck-voice", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close(4.0)

    @property
    def muted(self) -> bool:
        """Whether nothing is to be heard; setting it silences what is being said."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted
        if muted:
            self.hush()

    def say(self, text: str, *, interrupt: bool = False, within_s: float = 10.0) -> None:
        """Say text after what is being said, or (interrupt) at once instead of it.

        within_s: when it cannot begin within so many seconds, it is dropped.
        """
        if self._muted or not text.strip():
            return
        if interrupt:
            self.hush()
        with self._changed:
            if self._voice is None:
                if interrupt:
                    self._ring()
                return
            self._waiting.append((text, time.monotonic() + within_s))
            self._changed.notify_all()

    def hush(self) -> None:
        """Fall silent now, and forget what was waiting."""
        with self._changed:
            self._waiting.clear()
            if self._speaking is None:
                return
            self._hushed = True
            _end(self._speaking)
        if self._voice is not None and self._voice.hush:
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(self._voice.hush, capture_output=True, timeout=2, check=False)

    def close(self, patience_s: float = 0.0) -> None:
        """End; what is being said or waits may take so many seconds more."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._speaking is None and not self._waiting, timeout=patience_s
            )
            self._closed = True
            self._changed.notify_all()
        self.hush()
        self._thread.join(timeout=2.0)
        if self._spare is not None:
            _end(self._spare)

    def _run(self) -> None:
        while (started := self._next()) is not None:
            program, text = started
            complaint = ""
            try:
                _, complaint = program.communicate(text, _LONGEST_S)
            except (OSError, ValueError, subprocess.TimeoutExpired):
                _end(program)
                program.wait()
            with self._changed:
                self._speaking = None
                self._changed.notify_all()
                if not self._hushed:
                    # espeak-ng ends with 0 also where there is no loudspeaker.
                    self._count(program.returncode == 0 and "\nerror:" not in f"\n{complaint}")

    def _next(self) -> tuple[subprocess.Popen[str], str | None] | None:
        """Wait for something to say and start saying it; None at the end.

        With the program comes the text it is still to be given.
        """
        with self._changed:
            while not self._closed:
                voice = self._voice
                if voice is not None and voice.reads and self._spare is None:
                    self._spare = _start(voice, None)
                while voice is not None and self._waiting:
                    text, latest = self._waiting.popleft()
                    if time.monotonic() > latest:
                        continue
                    program, self._spare = self._spare, None
                    if program is None or program.poll() is not None:
                        program = _start(voice, None if voice.reads else text)
                    if program is None:
                        self._count(False)
                        voice = self._voice
                        continue
                    self._speaking, self._hushed = program, False
                    return program, text if voice.reads else None
                self._changed.notify_all()  # nothing waits any more
                self._changed.wait()
            return None

    def _count(self, heard: bool) -> None:
        """Give the voice up once it has failed too often."""
        self._failures = 0 if heard else self._failures + 1
        if self._failures >= _FAILURES and self._voice is not None:
            self.problem = SILENT_VOICE.format(program=self._voice.command[0])
            self._voice = None
            self._waiting.clear()

    def _ring(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._bell.isatty():
                self._bell.write("\a")
                self._bell.flush()


def _start(voice: Voice, text: str | None) -> subprocess.Popen[str] | None:
    """Start the program, with the text as its last argument where it takes it so."""
    with contextlib.suppress(OSError):
        return subprocess.Popen(
            voice.command if text is None else (*voice.command, text),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C ends the set, not the sentence that says so.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    return None


def _end(program: subprocess.Popen[str]) -> None:
    """End the program and whatever it started itself."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            program.terminate()
        else:
            os.killpg(program.pid, signal.SIGTERM)
