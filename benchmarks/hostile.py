"""Inputs that nobody should send, and what the program makes of them.

    python -m benchmarks.hostile                   # every case
    python -m benchmarks.hostile --kind import     # those of one kind
    python -m benchmarks.hostile --every 12        # every twelfth, for a quick look
    python -m benchmarks.hostile --named pipe NaN  # those whose name holds one of these

Each case is a command with a file, a folder or a setting that is damaged, endless, huge or
made to harm. It has to end within 30 s and 1 GB, without a traceback, with an exit code of
its own, and to say what is wrong in words. What is made of it afterwards is asked, too: a
history that took something in can still be listed, exported and emptied.

The inputs are made from the landmark files of the tests and a sample clip. A case runs in a
process that was forked from this one, so that the libraries are loaded only once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hostile_recordings import Case, recordings
from benchmarks.hostile_texts import texts

MOST_S, MOST_MB = 30.0, 1024.0


@dataclass(frozen=True)
class Outcome:
    """How a command ended. code: None = it was ended for taking too long."""

    code: int | None
    out: str
    err: str
    seconds: float
    peak_mb: float

    def problem(self, refused: bool | None) -> str:
        """What was wrong with it; "" = nothing."""
        if self.code is None:
            return f"no end after {self.seconds:.0f} s"
        if "Traceback" in self.err:
            return f"traceback: {self.err.strip().splitlines()[-1][:160]}"
        if self.code not in (0, 1, 2):
            return f"exit code {self.code}"
        if self.peak_mb > MOST_MB:
            return f"{self.peak_mb:.0f} MB"
        if refused is True and self.code == 0:
            return "taken as good"
        if refused is False and self.code:
            return f"refused: {self.err.strip()[:160]}"
        if self.code and not self.err.strip():
            return "refused without a word"
        if "\x1b" in self.out + self.err:
            return "an escape sequence reached the terminal"
        return ""


def run(command: Sequence[str], folder: Path) -> Outcome:
    """Run a command of formcheck in a forked process, with a home of its own in the folder."""
    out, err = folder / ".out", folder / ".err"
    began = time.monotonic()
    child = os.fork()
    if not child:
        _be_formcheck(command, folder, out, err)
    code, peak_mb = None, 0.0
    while time.monotonic() - began < MOST_S:
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            code, peak_mb = os.waitstatus_to_exitcode(status), used.ru_maxrss / 1024
            break
        time.sleep(0.01)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    seconds = time.monotonic() - began
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in (out, err)]
    return Outcome(code, texts[0], texts[1], seconds, peak_mb)


def _be_formcheck(command: Sequence[str], folder: Path, out: Path, err: Path) -> None:
    """In the child: never comes back."""
    code = 70
    try:
        places: tuple[str | Path, ...] = (os.devnull, out, err)
        for number, file in enumerate(places):
            flags = os.O_RDONLY if not number else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(file, flags, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = (open(n, "rw"[n > 0], closefd=False) for n in range(3))  # noqa: SIM115
        os.chdir(folder)
        for name in ("CONFIG", "DATA"):
            os.environ[f"FORMCHECK_{name}"] = str(folder / name.lower())
        os.environ.pop("FORMCHECK_DATABASE", None)
        from formcheck.cli import main

        code = main(list(command))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def cases() -> list[Case]:
    """All of them, in the order in which they are run."""
    return [*recordings(), *texts()]


def tried(case: Case) -> str:
    """Run a case; what is wrong with how it ended, "" = nothing."""
    folder = Path(tempfile.mkdtemp(prefix="formcheck-hostile-"))
    try:
        commands = case.make(folder)
        for number, command in enumerate(commands):
            first = number == 0 or case.kind == "output"
            refused = case.refused if first else False
            if case.kind in ("output", "own file"):
                refused = case.refused if number == len(commands) - 1 else False
            elif number and case.kind != "import":
                refused = None
            outcome = run(command, folder)
            if problem := outcome.problem(refused):
                return f"{' '.join(command)[:60]}: {problem}"
        return ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def warm() -> None:
    """Load what the cases need, once for all of them."""
    import formcheck.capture.frames
    import formcheck.cli.programme_text
    import formcheck.history.importing
    import formcheck.recordings.analysis
    import formcheck.reporting.html_report  # noqa: F401


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", help="only those of this kind")
    parser.add_argument("--named", nargs="+", default=[""], metavar="TEXT", help="only such names")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th of each kind")
    options = parser.parse_args(argv)
    warm()
    seen: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for case in cases():
        if options.kind and case.kind != options.kind:
            continue
        if not any(text in case.name for text in options.named):
            continue
        seen[case.kind] += 1
        if (seen[case.kind] - 1) % options.every:
            continue
        done[case.kind] += 1
        if problem := tried(case):
            wrong[case.kind] += 1
            print(f"{case.kind}: {case.name}: {problem}", flush=True)
    for kind, count in done.items():
        print(f"{kind:10} {count:4} cases, {wrong[kind]} wrong")
    print(f"{'all':10} {sum(done.values()):4} cases, {sum(wrong.values())} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
