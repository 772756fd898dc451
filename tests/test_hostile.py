"""What is damaged, endless, huge or made to harm ends in a sentence: a sample of the corpus."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def test_a_sample_of_the_hostile_corpus_is_refused_in_words() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.hostile", "--every", "45"],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        timeout=600,
    )
    counts = re.findall(r"^(\w[\w ]*?) +(\d+) cases, (\d+) wrong$", done.stdout, re.M)
    assert len(counts) == 8 and not done.returncode, done.stdout + done.stderr
    assert int(counts[-1][1]) >= 20
