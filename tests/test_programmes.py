"""Programmes as data: what the articles say, own files and their problems, what is left to do."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from reported import rep

from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Side
from formcheck.training.programmes.plan import (
    PlannedSet,
    circuit_s,
    dose,
    plan_circuit,
    still_to_do,
)
from formcheck.training.programmes.programme import Item, Phase, Programme
from formcheck.training.programmes.reading import (
    ProgrammeError,
    check_programme,
    read_programme,
    read_programme_file,
    write_programme,
)
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.training.records import PastSet, SetState

# ------------------------------------------------------------------ what the articles say

# (exercise, sets, reps or letters, each side, lift, hold, lower, what formcheck filled in),
# from the clinical specification, section 5.
_FILLED = {"sets", "reps", "concentric_s", "hold_s", "eccentric_s"}
_TEMPO = {"concentric_s", "eccentric_s"}
WRITTEN: dict[str, list[list[tuple[Any, ...]]]] = {
    "glutes_3phase": [
        [
            ("clamshell", 1, 10, True, 2, 10, 2, _TEMPO),
            ("glute_bridge", 1, 10, False, 3, 10, 3, set()),
            ("single_leg_abc", 1, 26, True, None, None, None, {"letter_s"}),
        ],
        [
            ("banded_clamshell", 1, 10, True, 2, 10, 2, _TEMPO),
            ("hip_thrust", 1, 10, False, 4, 4, 4, set()),
            ("small_squat", 1, 10, False, 4, None, 4, set()),
        ],
        [
            ("ball_single_leg_squat", 1, 10, True, 4, None, 4, set()),
            ("single_leg_hip_thrust", 1, 10, True, 4, 4, 4, set()),
        ],
    ],
    "pt_long_glute_med": [
        [
            ("side_leg_lift", 2, 10, True, None, None, None, set()),
            ("clamshell", 2, 10, True, None, None, None, set()),
            ("lateral_band_walk", 1, 10, True, None, None, None, {"sets"}),
            ("pelvic_drop", 1, 20, True, None, None, None, {"sets"}),
            ("single_leg_bridge", 1, 20, True, None, None, None, {"sets"}),
        ]
    ],
    "nine_glute_med": [
        [
            ("glute_bridge", 1, 10, False, 2, 1, 2, _FILLED),
            ("squat", 1, 10, False, 2, 1, 2, _FILLED),
            ("clamshell", 1, 10, True, 2, 1, 2, _FILLED),
            ("lateral_band_walk", 1, 10, True, None, None, None, {"sets", "reps"}),
            ("deadlift", 1, 10, False, 2, 1, 2, _FILLED),
            ("step_up", 1, 10, True, 2, 1, 2, _FILLED),
            ("side_leg_lift", 1, 10, True, 2, 1, 2, _FILLED),
            ("single_leg_deadlift", 1, 10, True, 2, 1, 2, _FILLED | {"per_side"}),
            ("lateral_step_up", 1, 10, True, 2, 1, 2, _FILLED),
        ]
    ],
}


def numbers(item: Item) -> tuple[Any, ...]:
    amount = item.reps if item.letters is None else item.letters
    times = (item.concentric_s, item.hold_s, item.eccentric_s)
    return (item.exercise, item.sets, amount, item.per_side, *times, set(item.ours))


@pytest.mark.parametrize("name", WRITTEN)
def test_every_number_is_the_specified_one_and_says_whose_it_is(name: str) -> None:
    programme = PROGRAMMES[name]
    assert [[numbers(i) for i in phase.items] for phase in programme.phases] == WRITTEN[name]


def test_these_are_all_the_programmes_there_are() -> None:
    assert set(PROGRAMMES) == set(WRITTEN)


def test_rounds_are_the_articles_in_the_first_phase_only() -> None:
    phases = PROGRAMMES["glutes_3phase"].phases
    assert [phase.name for phase in phases] == ["Foundation", "Strength", "Advanced strength"]
    assert [phase.rounds_per_day for phase in phases] == [(2, 3)] * 3
    assert ["rounds_per_day" in phase.ours for phase in phases] == [False, True, True]
    assert [(phase.rest_s, phase.round_rest_s) for phase in phases] == [(0, 120)] * 3
    assert all("round_rest_s" in phase.ours for phase in phases)
    assert all(phase.move_on for phase in phases)
    assert "rounds_per_day" in PROGRAMMES["pt_long_glute_med"].phases[0].ours


def test_letters_take_two_and_a_half_seconds_and_say_that_this_is_ours() -> None:
    alphabet = PROGRAMMES["glutes_3phase"].phases[0].items[2]
    assert alphabet.letter_s == 2.5
    assert alphabet.prescription == Prescription(reps=1, hold_s=65.0, letters=26)


def test_the_two_side_leg_lifts_differ_in_how() -> None:
    bent = PROGRAMMES["pt_long_glute_med"].phases[0].items[0]
    straight = PROGRAMMES["nine_glute_med"].phases[0].items[6]
    assert "bent" in bent.how and "straight" in straight.how


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
def test_what_is_written_reads_back_equal(programme: Programme) -> None:
    assert read_programme(write_programme(programme), "x.yaml") == programme
    assert Programme.from_dict(programme.to_dict()) == programme


# ----------------------------------------------------------------------------- own files

MINE = """\
id: mine
name: Mine
phases:
  - name: Only
    rounds_per_day: 2
    rest_s: 15
    items:
      - exercise: clamshell
        reps: 8
        hold_s: 5
      - exercise: single_leg_abc
"""


def problems(text: str | bytes, name: str = "my.yaml") -> list[str]:
    with pytest.raises(ProgrammeError) as caught:
        read_programme(text, name)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("name", ["a.yaml", "A.YML"])
def test_an_own_programme_needs_only_what_matters(name: str) -> None:
    phase = read_programme(MINE, name).phases[0]
    clams, letters = phase.items
    # One leg works at a time, so each has its reps; ABCs are the whole alphabet.
    assert (clams.per_side, clams.reps, clams.hold_s, clams.sets) == (True, 8, 5, 1)
    assert (letters.letters, letters.per_side) == (26, True)
    assert (phase.rounds_per_day, phase.rest_s) == ((2, 2), 15)


# Line 8 is the exercise's, 9 and 10 its numbers.
ONE_WRONG = [
    ("exercise: clamshel", 8, "there is no exercise 'clamshel'; did you mean 'clamshell'?"),
    ("exercise: zumba", 8, "there is no exercise 'zumba'"),
    ("exercise: [clamshell]", 8, "'exercise' must be text, not a list"),
    ("exercise: squat\n        per_side: true", 9, "leave 'per_side' out"),
    (
        "exercise: squat\n        letters: 3",
        9,
        "'letters' is only for single_leg_abc, not for squat",
    ),
    ("exercise: clamshell\n        letter_s: 3", 9, "'letter_s' is only for single_leg_abc"),
    ("exercise: clamshell\n        repz: 3", 9, "there is no 'repz' here; did you mean 'reps'?"),
    ("exercise: clamshell\n        sets: 1.5", 9, "'sets' must be a whole number, not 1.5"),
    ("exercise: clamshell\n        sets: yes", 9, "'sets' must be a whole number, not True"),
    ("exercise: clamshell\n        sets: '2'", 9, "'sets' must be a whole number, not '2'"),
    ("exercise: clamshell\n        concentric_s: .inf", 9, "'concentric_s' must be"),
    ("exercise: clamshell\n        eccentric_s: 700", 9, "at most 600, not 700"),
    ("exercise: clamshell\n        per_side: 1", 9, "'per_side' must be true or false, not 1"),
    ("exercise: clamshell\n        how: 5", 9, "'how' must be text, not 5"),
    ("exercise: clamshell\n        ours:\n          sets: 0", 10, "'sets' must be at least"),
    ("exercise: clamshell\n        ours:\n          sots: 1", 10, "there is no 'sots' here"),
    ("exercise: clamshell\n        ours: {reps: 3}", 8, "'reps' is given twice"),
    ("exercise: clamshell\n        ours: 3", 9, "'ours' must be a mapping, not 3"),
    ("exercise: clamshell\n        hold_s: 3", 11, "'hold_s' is given twice; first in line 9"),
    ("exercise: clamshell\n        how: 2026-13-45", 9, "'2026-13-45' is not understood"),
    ("exercise: clamshell\n        7: 7", 9, "'7' is no name of anything here"),
    ("exercise: clamshell\n        how: a: b", 9, "there is a ':' where none can be"),
    ("exercise: clamshell\n\thow: a", 9, "there is a tab"),
    ("exercise: clamshell\n        how: !!python/name:os.system x", 9, "are not read"),
    ("exercise: clamshell\n        how: *there", 9, "'*there' is not followed"),
]


@pytest.mark.parametrize(("put", "line", "words"), ONE_WRONG, ids=[w for _, _, w in ONE_WRONG])
def test_a_problem_names_the_file_and_the_line(put: str, line: int, words: str) -> None:
    (problem,) = problems(MINE.replace("exercise: clamshell", put))
    assert problem.startswith(f"my.yaml, line {line}: ")
    assert words in problem


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("id: mine", "id: My own", 1, "'id' is small letters, digits and _"),
        ("name: Mine", "", 1, "'name' is missing here"),
        ("  - name: Only\n    ", "  - ", 4, "'name' is missing here"),
        ("name: Mine", "name: ' '", 2, "'name' is empty"),
        ("name: Mine", f"name: {'x' * 121}", 2, "'name' has at most 120 letters; this has 121"),
        ("rounds_per_day: 2", "rounds_per_day: [3, 2]", 5, "from the least to the most"),
        ("rounds_per_day: 2", "rounds_per_day: [3]", 5, "needs two numbers"),
        ("rounds_per_day: 2", "rounds_per_day: often", 5, "needs two numbers"),
        ("      - exercise: single_leg_abc", "      - squat", 11, "not 'squat'"),
        ("      - exercise: single_leg_abc", "      - {}", 11, "'exercise' is missing here"),
        ("abc\n", "abc\n        reps: 3\n", 12, "counted in letters: leave 'reps' out"),
        ("abc\n", "abc\n---\nid: b\n", 12, "a second document begins here"),
    ],
)
def test_phases_and_the_programme_are_checked_too(
    old: str, new: str, line: int, words: str
) -> None:
    (problem,) = problems(MINE.replace(old, new))
    assert problem.startswith(f"my.yaml, line {line}: ") and words in problem


def test_all_problems_are_told_at_once_in_their_order() -> None:
    text = MINE.replace("clamshell", "clamshel").replace("reps: 8", "reps: 8\n        reps: 9")
    text = text.replace("rest_s: 15", "rest_s: long").replace("name: Mine", "nam: Mine")
    told = problems(text)
    assert [line.split(":")[0] for line in told] == [f"my.yaml, line {n}" for n in (1, 2, 6, 8, 10)]


def test_empty_and_endless_lists_are_told() -> None:
    head, _, rest = MINE.partition("items:\n")
    assert problems(f"{head}items: []\n") == ["my.yaml, line 7: 'items' is empty"]
    told = problems(f"{head}items:\n{rest.splitlines()[0]}\n" + "      - exercise: squat\n" * 30)
    assert told == ["my.yaml, line 7: 'items' has 31, which is more than 30"]


def test_a_hopeless_file_is_told_in_twenty_lines() -> None:
    told = problems(MINE + "".join(f"        x{n}: 1\n" for n in range(80)))
    assert len(told) == 21 and told[-1] == "my.yaml: and 60 more problems"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"id: mine\nname: \xff", "my.yaml, line 2: this is not UTF-8 text"),
        (MINE.encode("utf-16"), "my.yaml, line 1: this is not UTF-8 text"),
        (b"#" * 70_000, "more than 64 kB"),
        ("", "there is nothing"),
        ("- a\n- b\n", "there is a list"),
        ("[" * 200, "nested too deeply"),
        ("id: mine\nname: \x07", "line 2: there is a character"),
    ],
)
def test_what_is_no_text_or_no_programme_is_told(text: str | bytes, words: str) -> None:
    (problem,) = problems(text)
    assert words in problem


def test_a_mark_at_the_beginning_of_the_file_is_no_problem() -> None:
    assert read_programme(b"\xef\xbb\xbf" + MINE.encode(), "my.yaml").id == "mine"


def test_other_kinds_of_file_and_missing_ones_are_told(tmp_path: Path) -> None:
    assert problems(MINE, "my.json") == ["my.json: a programme is a .yaml file."]
    with pytest.raises(ProgrammeError, match=r"gone\.yaml: it cannot be read \(No such file"):
        read_programme_file(tmp_path / "gone.yaml")
    (tmp_path / "my.yaml").write_text(MINE, encoding="utf-8")
    assert read_programme_file(tmp_path / "my.yaml").name == "Mine"


# ---------------------------------------------------------------------------- properties

_WORDS = st.text(max_size=30)
_NAMES = st.text(min_size=1, max_size=30).filter(str.strip)
_TIMES = st.none() | st.floats(0, 600) | st.integers(0, 600)


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    exercise = draw(st.sampled_from(sorted(EXERCISES)))
    item: dict[str, Any] = {
        "exercise": exercise,
        "sets": draw(st.integers(1, 10)),
        "how": draw(_WORDS),
    }
    if exercise == "single_leg_abc":
        item |= {"letters": draw(st.integers(1, 26)), "letter_s": draw(st.floats(1, 20))}
    else:
        item["reps"] = draw(st.integers(1, 100))
        for name in ("concentric_s", "hold_s", "eccentric_s"):
            item[name] = draw(_TIMES)
    if EXERCISES[exercise].unilateral:
        item["per_side"] = draw(st.booleans())
    ours = draw(st.sets(st.sampled_from(sorted(set(item) - {"exercise"}))))
    return {**item, "ours": sorted(ours)}


PHASES = st.fixed_dictionaries(
    {"name": _NAMES, "items": st.lists(items(), min_size=1, max_size=3)},
    optional={
        "rounds_per_day": st.tuples(st.integers(1, 9), st.integers(9, 20)),
        "rest_s": st.floats(0, 600),
        "round_rest_s": st.none() | st.floats(0, 600),
        "move_on": _WORDS,
        "ours": st.sets(st.sampled_from(["rounds_per_day", "rest_s", "move_on"])),
    },
)
ALL = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
        "name": _NAMES,
        "phases": st.lists(PHASES, min_size=1, max_size=2),
    },
    optional={"summary": _WORDS, "source": _WORDS, "pain": _WORDS},
)


@pytest.mark.parametrize(
    "text",
    [
        "0\x850",
        "a\u2028b",
        "a\nb",
        "a\rb",
        "x: y # z",
        "yes",
        "12",
        "'",
        '"',
        "- a",
        "\x7f",
        "朝🦵",
    ],
)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    programme = read_programme(MINE, "x.yaml")
    programme = Programme.from_dict({**programme.to_dict(), "summary": text})
    assert read_programme(write_programme(programme), "x.yaml") == programme


@settings(max_examples=12)
@given(ALL)
def test_any_programme_reads_back_as_it_was_written(data: dict[str, Any]) -> None:
    programme = Programme.from_dict(data)
    assert read_programme(write_programme(programme), "x.yaml") == programme
    assert Programme.from_dict(programme.to_dict()) == programme


@settings(max_examples=60)
@given(
    st.integers(0, len(MINE)),
    st.integers(0, 12),
    st.text(string.printable, max_size=8) | st.text(max_size=4),
)
def test_a_spoilt_file_is_a_programme_or_a_problem_with_its_line(
    at: int, cut: int, put: str
) -> None:
    name, text = "x.yaml", MINE
    spoilt = text[:at] + put + text[at + cut :]
    try:
        read_programme(spoilt, name)
    except ProgrammeError as error:
        last = spoilt.count("\n") + 1
        for problem in str(error).splitlines():
            line = int(problem.removeprefix(f"{name}, line ").split(":")[0])
            assert 1 <= line <= max(last, len(spoilt.splitlines()))


# ---------------------------------------------------------------------------- the plan

PHASE = Phase.model_validate(
    {
        "name": "One",
        "rest_s": 20,
        "items": [
            {"exercise": "clamshell", "reps": 3, "sets": 2, "hold_s": 10},
            {"exercise": "glute_bridge", "reps": 4},
            {"exercise": "lateral_band_walk", "reps": 5},
            {"exercise": "single_leg_abc", "letters": 3},
        ],
    }
)
PLAN = plan_circuit(PHASE)


def past(position: int, sides: str, state: SetState = "done", reason: str = "target") -> PastSet:
    """A set of the round: sides like "LLR" or "BB", one letter for each rep."""
    names: dict[str, Side] = {"L": "left", "R": "right", "B": "both"}
    planned = PLAN[position]
    return PastSet(
        id=f"{position}-{sides}-{state}",
        profile_id="p",
        when=datetime(2026, 3, 1, 9, tzinfo=UTC),
        duration_s=30.0,
        exercise=planned.exercise,
        state=state,
        end_reason=reason if state == "done" else "",
        source="live",
        prescription=planned.prescription,
        both_sides=planned.both_sides,
        reps=tuple(rep(n, side=names[s]) for n, s in enumerate(sides)),
        partials=(),
        circuit_id="c",
        position=position,
    )


def test_a_round_is_its_items_set_by_set() -> None:
    assert [(p.position, p.exercise, p.set_number, p.of_sets, p.break_s) for p in PLAN] == [
        (0, "clamshell", 1, 2, 0),
        (1, "clamshell", 2, 2, 20),
        (2, "glute_bridge", 1, 1, 20),
        (3, "lateral_band_walk", 1, 1, 20),
        (4, "single_leg_abc", 1, 1, 20),
    ]
    assert PLAN[3].prescription.reps == 10  # five steps each way
    assert (PLAN[4].prescription.letters, PLAN[4].prescription.hold_s) == (3, 7.5)


def positions(left: tuple[PlannedSet, ...]) -> list[int]:
    return [planned.position for planned in left]


def test_without_a_set_everything_is_to_do() -> None:
    assert still_to_do(PLAN, (), ()) == PLAN


def test_what_was_done_or_skipped_is_left_out_and_it_goes_on_at_once() -> None:
    left = still_to_do(PLAN, [past(0, "LLLRRR")], [1])
    assert positions(left) == [2, 3, 4]
    assert [planned.break_s for planned in left] == [0, 20, 20]


@pytest.mark.parametrize("reason", ["still", "button", "pain"])
def test_a_set_the_person_ended_early_is_not_asked_for_again(reason: str) -> None:
    assert 0 not in positions(still_to_do(PLAN, [past(0, "LL", reason=reason)], ()))


@pytest.mark.parametrize("state", ["broken_off", "running"])
def test_a_set_that_was_cut_off_is_gone_on_with(state: SetState) -> None:
    first = still_to_do(PLAN, [past(0, "LLLR", state)], ())[0]
    assert (first.position, first.done) == (0, {"left": 3, "right": 1})
    assert dose(first) == "2 more on the right, hold 10 s, set 1 of 2"


def test_who_left_the_picture_goes_on_with_the_set() -> None:
    assert positions(still_to_do(PLAN, [past(0, "LL", reason="left")], ()))[0] == 0


def test_a_set_cut_off_twice_counts_all_its_reps() -> None:
    tries = [past(0, "LL", "broken_off"), past(0, "LR", "broken_off")]
    first = still_to_do(PLAN, tries, ())[0]
    assert first.done == {"left": 3, "right": 1}
    assert 0 not in positions(still_to_do(PLAN, [*tries, past(0, "RR")], ()))


def test_a_set_cut_off_after_its_last_rep_is_done() -> None:
    assert 0 not in positions(still_to_do(PLAN, [past(0, "LLLRRRR", "broken_off")], ()))
    # Two reps of the other leg do not make up for one.
    assert 0 in positions(still_to_do(PLAN, [past(0, "LLRRRR", "broken_off")], ()))


def test_where_legs_are_not_counted_apart_all_reps_count() -> None:
    left = still_to_do(PLAN, [past(2, "BB", "broken_off"), past(3, "LLRRRRR", "running")], ())
    bridge, walk = (one for one in left if one.position in (2, 3))
    assert (bridge.done, walk.done) == ({"both": 2}, {"both": 7})
    assert (dose(bridge), dose(walk)) == ("2 more reps", "3 more steps")


def test_a_round_that_was_done_leaves_nothing() -> None:
    done = [past(n, "LLLRRR") for n in range(5)]
    assert still_to_do(PLAN, done, ()) == ()


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"exercise": "clamshell", "hold_s": 10}, "10 on each side, hold 10 s"),
        (
            {"exercise": "glute_bridge", "concentric_s": 3, "hold_s": 10, "eccentric_s": 3},
            "10 reps, 3 s up, hold 10 s, 3 s down",
        ),
        # A squat begins with going down.
        (
            {"exercise": "small_squat", "concentric_s": 3, "eccentric_s": 4},
            "10 reps, 4 s down, 3 s up",
        ),
        ({"exercise": "squat", "reps": 1}, "1 rep"),
        ({"exercise": "lateral_band_walk"}, "10 steps to each side"),
        ({"exercise": "lateral_band_walk", "per_side": False}, "10 steps"),
        ({"exercise": "clamshell", "per_side": False}, "10 reps on one side"),
        (
            {"exercise": "single_leg_abc", "letter_s": 2.5},
            "the alphabet on each leg, 2.5 s a letter",
        ),
        (
            {"exercise": "single_leg_abc", "letters": 8, "letter_s": 2},
            "the letters A to H on each leg, 2 s a letter",
        ),
    ],
)
def test_a_dose_reads_the_same_as_an_item_and_as_a_set(item: dict[str, Any], words: str) -> None:
    phase = Phase.model_validate({"name": "x", "items": [item]})
    assert dose(phase.items[0]) == words
    assert dose(plan_circuit(phase)[0]) == words


def test_sets_are_told() -> None:
    assert dose(PHASE.items[0]) == "2 sets of 3 on each side, hold 10 s"
    assert dose(PLAN[1]) == "3 on each side, hold 10 s, set 2 of 2"


def test_of_letters_the_other_leg_is_left() -> None:
    begun = replace(PLAN[4], done={"right": 1})
    assert dose(begun) == "the letters A to C on the left leg, 2.5 s a letter"


@pytest.mark.parametrize(
    ("name", "minutes"), [("glutes_3phase", [9.5, 8.0, 6.7]), ("pt_long_glute_med", [None])]
)
def test_how_long_a_round_takes(name: str, minutes: list[float | None]) -> None:
    told = [circuit_s(phase) for phase in PROGRAMMES[name].phases]
    assert [s if s is None else round(s / 60, 1) for s in told] == minutes


def test_rests_take_their_time_too() -> None:
    items = [{"exercise": "small_squat", "concentric_s": 2, "eccentric_s": 3, "sets": 2}]
    phase = Phase.model_validate({"name": "x", "rest_s": 20, "items": items})
    assert circuit_s(phase) == 2 * 10 * 5 + 20


def test_a_problem_without_a_file_says_in_which_phase_and_exercise() -> None:
    data = yaml.safe_load(MINE)
    data["phases"][0]["items"][1] = {"exercise": "clamshel"}
    with pytest.raises(ProgrammeError, match=r"^phase 1, exercise 2: there is no exercise 'clam"):
        check_programme(data)
    assert check_programme(yaml.safe_load(MINE)) == read_programme(MINE, "x.yaml")


def test_an_example_for_who_writes_a_file_is_read() -> None:
    assert yaml.safe_load(write_programme(read_programme(MINE, "x.yaml")))["id"] == "mine"
