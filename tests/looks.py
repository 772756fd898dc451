"""Ways of looking at a clip of a study, some of which end their process.

They stand apart from the tests: each of a study's processes loads them, and nothing else of them.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from formcheck.recordings import study


def wait_for(what: Any) -> Any:
    """What it gives once that is something."""
    for _ in range(1200):
        if got := what():
            return got
        time.sleep(0.05)
    raise AssertionError("it never came")


def poisoned(clip: study.Clip) -> dict[str, Any]:
    """Looks at a clip, unless its name says that it ends the process."""
    if "poison" in clip.name:
        os.kill(os.getpid(), signal.SIGKILL)
    return study.look(clip)


def ends_once_another_is_done(clip: study.Clip) -> dict[str, Any]:
    """As poisoned(), but at the first try not before another clip is done."""
    if "poison" in clip.name:
        here = Path(clip.path).parent.parent
        (here / "waits").touch()
        wait_for((here / "done").exists)
    return poisoned(clip)


def on_a_worker(clip: study.Clip) -> dict[str, Any]:
    """As poisoned(), but one waits at its first try to be ended in the middle."""
    began = Path(os.environ["FORMCHECK_TEST_HERE"]) / "began"
    with began.open("a") as file:
        file.write(f"{os.getpid()} {clip.path}\n")
    if "middle" in clip.name and began.read_text().count(clip.name) == 1:
        time.sleep(600)
    return poisoned(clip)
