"""A recording looked at in pieces is the same as one looked at in one go."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pose_model import model_or_skip
from processes import at_work
from tracker import Tracker

from formcheck.capture.correction import Correction
from formcheck.capture.estimator import EstimatorError
from formcheck.capture.pieces import Pieces
from formcheck.capture.stitching import Opening, Seam
from formcheck.capture.streams import cuts_s, looking
from formcheck.engine.pose import PoseFrame
from formcheck.engine.session import SetSession

ROOT = Path(__file__).resolve().parent.parent


def read(tracker: Tracker, starts_s: list[float]) -> tuple[list[PoseFrame], Pieces]:
    pieces = Pieces(tracker, starts_s)
    with closing(pieces):
        return list(pieces), pieces


def sewn(tracker: Tracker, start_s: float) -> float | None:
    """Where the piece that begins at start_s takes over from the one before."""
    earlier, later = Opening(0.0), Opening(start_s)
    for pose, _ in list(tracker(start_s))[:-1]:  # type: ignore[misc]
        later.push(pose)
    later.over = True
    seam = Seam(earlier, later)
    for pose, _ in list(tracker(0.0))[:-1]:  # type: ignore[misc]
        earlier.push(pose)
        seam.push(pose)
        if seam.hopeless:
            return None
        if seam.look():
            return pose.time_s
    return None


@settings(max_examples=12, deadline=None)
@given(start=st.integers(20, 400), settle_s=st.floats(0.05, 3.0), off_px=st.floats(0.0, 400.0))
def test_pieces_meet_once_the_later_one_sees_the_same(
    start: int, settle_s: float, off_px: float
) -> None:
    at_s = sewn(Tracker(settle_s, off_px), start / 10)
    if at_s is not None:
        # 2% of the body, which is 2 to 3 trunks' widths of a hundred pixels.
        assert off_px * np.exp(-(at_s - start / 10) / settle_s) < 8.0
        assert 0.5 <= at_s - start / 10 < 20.0
    assert at_s is not None or settle_s > 1.0


@given(duration_s=st.floats(30.0, 3600.0), pieces=st.integers(2, 64))
def test_poses_of_a_piece_are_taken_in_while_the_next_is_looked_at(
    duration_s: float, pieces: int
) -> None:
    cuts = cuts_s(duration_s, pieces)
    assert len(cuts) == pieces and cuts[0] == 0.0
    lengths = np.diff([*cuts, duration_s])
    assert np.all(lengths[1:] >= 1.05 * lengths[:-1]) and np.all(lengths > 0)


def test_somebody_else_is_never_taken_over() -> None:
    assert sewn(Tracker(1e9, 200.0), 20.0) is None
    assert sewn(Tracker(crowd_s=25.0), 20.0) is None
    assert sewn(Tracker(crowd_s=5.0, first=True), 20.0) is None
    assert sewn(Tracker(crowd_s=55.0), 20.0) is not None


def test_who_lies_on_the_side_is_followed_from_the_beginning() -> None:
    """What the clothes have moved is measured since they were still: no seam adds its error."""
    assert sewn(Tracker(lie_s=25.0), 20.0) is None
    assert sewn(Tracker(lie_s=5.0, first=True), 20.0) is None
    assert sewn(Tracker(lie_s=55.0), 20.0) is not None


def test_processes_give_the_poses_of_one_pass() -> None:
    whole = [pose for pose, _ in list(Tracker(off_px=0.0)(0.0))[:-1]]  # type: ignore[misc]
    found, pieces = read(Tracker(), [0.0, 20.0, 40.0])
    assert [pose.time_s for pose in found] == [pose.time_s for pose in whole]
    for one, other in zip(found, whole, strict=True):
        assert np.allclose(one.landmarks_px, other.landmarks_px, atol=4.0, equal_nan=True)
    assert pieces.repaired == Counter(time=1)
    assert pieces.found >= len(whole)


@pytest.mark.parametrize(
    "tracker",
    [
        Tracker(1e9, 200.0, seconds=45.0),
        Tracker(fail_s=20.0, seconds=45.0),
        Tracker(die_s=20.0, seconds=45.0),
    ],
)
def test_a_piece_that_is_of_no_use_is_looked_at_by_the_one_before(tracker: Tracker) -> None:
    found, _ = read(tracker, [0.0, 20.0])
    whole = [pose for pose, _ in list(tracker(0.0))[:-1]]  # type: ignore[misc]
    assert len(found) == len(whole)
    for one, other in zip(found, whole, strict=True):
        assert np.array_equal(one.landmarks_px, other.landmarks_px, equal_nan=True)


@pytest.mark.parametrize(
    ("tracker", "words"),
    [
        (Tracker(fail_s=3.0, first=True), "the network failed"),
        (Tracker(die_s=3.0, first=True), "ended from outside"),
    ],
)
def test_what_fails_is_told_in_a_sentence_and_nothing_is_left(tracker: Tracker, words: str) -> None:
    pieces = Pieces(tracker, [0.0, 20.0])
    with pytest.raises(EstimatorError, match=words), closing(pieces):
        list(pieces)
    assert not at_work()


def test_who_has_seen_enough_leaves_no_process() -> None:
    pieces = Pieces(Tracker(), [0.0, 20.0])
    with closing(pieces):
        next(iter(pieces))
        assert at_work()
    assert not at_work()


def test_the_network_sees_the_same_in_pieces() -> None:
    model = model_or_skip("lite")
    clip = ROOT / "sample_videos" / "squat_front_knee_valgus.mp4"
    look = looking(clip, model, Correction(), "standing")
    sights = {start_s: list(look(start_s)) for start_s in (0.0, 6.1)}
    at_s = sewn(sights.__getitem__, 6.1)  # type: ignore[arg-type]
    assert at_s is not None
    whole, later = ([pose for pose, _ in seen[:-1]] for seen in sights.values())  # type: ignore[misc]
    found = [pose for pose in whole if pose.time_s <= at_s]
    found += [pose for pose in later if pose.time_s > at_s]
    assert [pose.time_s for pose in found] == [pose.time_s for pose in whole]
    # The pieces were used: exactly the same would be one pass.
    apart = [
        np.abs(a.landmarks_px - b.landmarks_px)[11:, :2] for a, b in zip(found, whole, strict=True)
    ]
    assert 0 < np.nanmedian(apart[-100:]) < 1.5
    reports = []
    for poses in (found, whole):
        session = SetSession("squat")
        for pose in poses:
            session.push(pose)
        reports.append(session.finish())
    told = [[[(f.id, f.side) for f in rep.faults] for rep in report.reps] for report in reports]
    assert told[0] == told[1] and any(told[0])
    for mine, theirs in zip(reports[0].reps, reports[1].reps, strict=True):
        assert mine.top_s == pytest.approx(theirs.top_s, abs=0.25)
