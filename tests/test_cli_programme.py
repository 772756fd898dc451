"""Programmes on the command line: listed, shown, followed, and gone on with when asked."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from cli_history import flat, history
from command import formcheck, one_sentence, own_folders
from reported import a_set, rep

from formcheck.engine.exercise import Prescription
from formcheck.history import Enrolment, History, SetStart, new_id
from formcheck.language import date_words
from formcheck.live.coached_set import FinishedSet
from formcheck.training.programmes.programme import Programme
from formcheck.training.programmes.reading import read_programme
from formcheck.training.programmes.shipped import PROGRAMMES

__all__ = ["history", "own_folders"]

MINE = """\
id: mine
name: My own
phases:
  - name: Easy
    rounds_per_day: 2
    items:
      - {exercise: squat, reps: 2}
      - {exercise: glute_bridge, reps: 3}
  - name: Hard
    items:
      - {exercise: squat, reps: 20}
"""
BROKEN = MINE.replace("glute_bridge", "glute_brige").replace("reps: 20", "reps: none")


@pytest.fixture
def mine(own_folders: Path) -> Path:
    path = own_folders / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    return path


def followed(history: History) -> Enrolment:
    enrolment = history.enrolment(history.profiles()[0].id)
    assert enrolment is not None
    return enrolment


def round_of(
    history: History,
    day: date,
    *,
    at: int = 1,
    effort: int | None = 2,
    only: int | None = None,
    pain: bool = False,
) -> None:
    """A round of what is followed, gone through to its end; only: so many sets of it, not ended."""
    enrolment = followed(history)
    begun = datetime.combine(day, time(0, at)).astimezone()
    circuit = history.begin_circuit(enrolment, when=begun)
    items = Programme.from_dict(enrolment.programme).phases[enrolment.phase].items[:only]
    for position, item in enumerate(items):
        set_id = new_id()
        start = SetStart(
            set_id,
            enrolment.profile_id,
            item.exercise,
            item.prescription,
            begun,
            both_sides=False,
            circuit_id=circuit.id,
            position=position,
        )
        history.begin_set(start)
        report = a_set([rep(n + 1) for n in range(item.reps)], exercise=item.exercise)
        done = FinishedSet(set_id, begun, report, item.prescription, {})
        history.finish_set(set_id, done, end_reason="target", duration_s=20.0, when=begun)
        history.answer_pain(set_id, pain)
    if only is None:
        history.end_circuit(circuit.id, "done", when=begun)
        history.answer_effort(circuit.id, effort)


# --------------------------------------------------------------------- showing


def test_the_list_has_the_built_in_and_ones_own_and_marks_the_one_followed(mine: Path) -> None:
    listed = flat(formcheck("programme", "list"))
    assert all(one in listed for one in PROGRAMMES)
    assert "programme start ID" in listed
    assert "* " not in listed
    formcheck("programme", "start", mine)
    lines = formcheck("programme", "list").stdout.splitlines()
    rows = [line.split() for line in lines if line.startswith(" * ")]
    assert [(row[1], row[-1]) for row in rows] == [("mine", "own")]
    assert any("phase 1 of 2, Easy" in line for line in lines)


def test_what_formcheck_filled_in_is_told_from_what_the_source_says(own_folders: Path) -> None:
    shown = flat(formcheck("programme", "show", "glutes_3phase"))
    # The article gives the hold of the clamshell and the tempo of the bridge, and no more.
    assert "10 on each side, 2 s up*, hold 10 s, 2 s down*" in shown
    assert "10 reps, 3 s up, hold 10 s, 3 s down" in shown
    assert "the alphabet on each leg, 2.5 s a letter*" in shown
    phases = re.findall(r"2 to 3 rounds a day\*?", shown)
    assert phases == ["2 to 3 rounds a day", "2 to 3 rounds a day*", "2 to 3 rounds a day*"]
    assert "* filled in by formcheck" in shown
    colourful = formcheck("programme", "show", "glutes_3phase", "--color", "always").stdout
    assert "2 s up*" in colourful and "\x1b[" in colourful


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_every_number_that_is_ours_has_its_mark(programme: str, own_folders: Path) -> None:
    shown = formcheck("programme", "show", programme, "--color", "never").stdout
    told = {
        "concentric_s": r"[\d.]+ s up\*", "hold_s": r"hold [\d.]+ s\*",
        "eccentric_s": r"[\d.]+ s down\*", "letter_s": r"s a letter\*",
        "reps": r"\d+(?: reps| steps)?\*", "per_side": r" on each side\*",
    }  # fmt: skip
    items = [item for phase in PROGRAMMES[programme].phases for item in phase.items]
    for field, pattern in told.items():
        ours = sum(field in item.ours for item in items)
        assert len(re.findall(pattern, shown)) == ours, field


def test_ones_own_programme_has_no_marks_where_nothing_was_filled_in(mine: Path) -> None:
    shown = flat(formcheck("programme", "show", mine))
    assert "My own (mine), own" in shown
    assert "2 rounds a day" in shown
    assert "*" not in shown


def test_a_programme_can_be_had_as_yaml_to_make_ones_own_from(own_folders: Path) -> None:
    text = formcheck("programme", "show", "pt_long_glute_med", "--yaml").stdout
    assert read_programme(text, "a.yaml") == PROGRAMMES["pt_long_glute_med"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["show", "glutes_3phases"], "did you mean glutes_3phase?"),
        (["show", "xyzzy"], "glutes_3phase"),
        (["start", "xyzzy"], "glutes_3phase"),
        (["start", "glutes_3phase", "--phase", "4"], "phases 1 to 3"),
        (["start", "glutes_3phase", "--phase", "0"], "phases 1 to 3"),
        (["start", "glutes_3phase", "--profile", "Nobody"], "Nobody"),
        (["delete", "glutes_3phase"], "glutes_3phase"),
        ([], "COMMAND"),
    ],
)
def test_wrong_usage(args: list[str], words: str, own_folders: Path) -> None:
    assert words in one_sentence(formcheck("programme", *args), 2)


# -------------------------------------------------------------------- following


def test_starting_makes_the_first_person_and_follows(history: History) -> None:
    done = formcheck("programme", "start", "glutes-3phase", "--phase", "2")
    assert done.returncode == 0
    assert "phase 2 of 3, Strength" in done.stdout
    assert followed(history).phase == 1
    assert followed(history).programme["id"] == "glutes_3phase"
    assert history.own_programmes() == ()


def test_another_programme_is_ended_only_when_that_is_confirmed(
    history: History, mine: Path
) -> None:
    formcheck("programme", "start", "glutes_3phase")
    before = followed(history)
    words = one_sentence(formcheck("programme", "start", mine), 2)
    assert "Glutes in three phases" in words and "--yes" in words
    assert formcheck("programme", "start", mine, answer="n").returncode == 2
    assert formcheck("programme", "start", mine, answer="").returncode == 2
    assert followed(history) == before
    assert history.own_programmes() == ()
    asked = formcheck("programme", "start", mine, answer="y")
    assert asked.returncode == 0 and "[y/N]" in asked.stderr
    assert followed(history).programme["id"] == "mine"
    assert [one["id"] for one in history.own_programmes()] == ["mine"]
    assert formcheck("programme", "start", "glutes_3phase", "--yes").returncode == 0
    assert followed(history).programme["id"] == "glutes_3phase"


def test_a_file_with_problems_is_not_started(history: History, own_folders: Path) -> None:
    path = own_folders / "broken.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    done = formcheck("programme", "start", path)
    assert done.returncode == 1
    assert "broken.yaml, line 8: there is no exercise 'glute_brige'" in done.stderr
    assert history.own_programmes() == () and history.profiles() == ()


def test_a_file_cannot_take_a_built_in_name(history: History, own_folders: Path) -> None:
    path = own_folders / "x.yaml"
    path.write_text(MINE.replace("id: mine", "id: glutes_3phase"), encoding="utf-8")
    assert "another id" in one_sentence(formcheck("programme", "start", path), 1)
    assert history.own_programmes() == ()


def test_validate_tells_every_problem_in_a_line_of_its_own(mine: Path) -> None:
    broken = mine.with_name("broken.yaml")
    broken.write_text(BROKEN, encoding="utf-8")
    done = formcheck("programme", "validate", mine, broken, mine.with_name("gone.yaml"))
    assert done.returncode == 1
    assert "My own, 2 phases, no problem found" in done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("broken.yaml, line 8: ")
    assert lines[1].startswith("broken.yaml, line 11: ")
    assert "gone.yaml" in lines[2]
    assert formcheck("programme", "validate", mine).returncode == 0


def test_stop_and_delete_leave_what_was_done(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    round_of(history, date.today())
    who = history.profiles()[0].id
    assert "--yes" in one_sentence(formcheck("programme", "delete", "mine"), 2)
    assert formcheck("programme", "delete", "mine", "--yes").returncode == 0
    assert history.own_programmes() == ()
    assert "squat" in flat(formcheck("today"))
    assert formcheck("programme", "stop").returncode == 0
    assert history.enrolment(who) is None
    assert len(history.sets(who)) == 2
    assert "programme start ID" in one_sentence(formcheck("programme", "stop"), 1)


# ---------------------------------------------------------------- the next phase


def test_the_next_phase_waits_for_its_conditions(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    round_of(history, date.today())
    done = formcheck("programme", "next")
    assert "the target is 3 rounds on 2 days" in flat(done)
    assert "--phase 2" in done.stdout
    assert formcheck("programme", "next", "--yes").returncode == 1
    assert formcheck("programme", "next", answer="y").returncode == 0
    assert followed(history).phase == 0


def test_the_next_phase_comes_only_with_a_yes(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    today = date.today()
    for day, at in ((1, 1), (1, 2), (0, 3)):
        round_of(history, today - timedelta(days=day), at=at)
    # The rounds are older than the moment of starting: it was followed all the time.
    enrolment = followed(history)
    history.set_phase(enrolment.id, 0, when=datetime.combine(today, time()).astimezone()
                      - timedelta(days=2))  # fmt: skip
    for answer in (None, "n", ""):
        done = formcheck("programme", "next", answer=answer)
        assert "met every goal" in flat(done)
        assert followed(history).phase == 0
    assert "formcheck programme next" in formcheck("today").stdout
    assert followed(history).phase == 0
    done = formcheck("programme", "next", answer="y")
    assert "phase 2 of 2, Hard" in done.stdout
    assert followed(history).phase == 1
    # The last phase has no next one.
    assert formcheck("programme", "next", "--yes").returncode == 0
    assert followed(history).phase == 1
    # Who went back to a phase does it anew.
    history.set_phase(enrolment.id, 0)
    assert "0 rounds on 0 days" in flat(formcheck("programme", "next"))


# ------------------------------------------------------------------------ today


def test_without_a_programme_today_tells_how_to_begin(own_folders: Path) -> None:
    done = formcheck("today")
    assert done.returncode == 0
    assert "formcheck programme start ID" in done.stdout


def test_today_tells_what_to_do_and_how_to_start(own_folders: Path) -> None:
    formcheck("programme", "start", "glutes_3phase")
    told = flat(formcheck("today"))
    assert "Phase 1 of 3, Foundation" in told
    assert "0 of 2 to 3" in told
    assert "clamshell 10 on each side, 2 s up, hold 10 s, 2 s down" in told
    assert "single_leg_abc the alphabet on each leg" in told
    assert "formcheck app" in told
    assert "days in a row" not in told


def test_today_counts_rounds_and_days(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    today = date.today()
    for day in (3, 2, 1):
        round_of(history, today - timedelta(days=day))
    told = flat(formcheck("today"))
    assert "rounds today 0 of 2" in told
    assert "days in a row 3 (the longest: 3)" in told
    round_of(history, today)
    assert "rounds today 1 of 2" in flat(formcheck("today"))
    round_of(history, today, at=2)
    told = flat(formcheck("today"))
    assert "2 of 2, that is all for today" in told
    assert "days in a row 4" in told
    assert "One more round" in told


def test_today_tells_what_is_left_of_a_round_that_was_begun(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    round_of(history, date.today(), at=7, only=1)
    told = flat(formcheck("today"))
    assert "Left of the round begun at 00:07" in told
    assert "squat 2 reps done" in told
    assert "glute_bridge 3 reps to do" in told


def test_what_was_skipped_is_told(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    circuit = history.begin_circuit(followed(history))
    history.skip(circuit.id, 0)
    assert "squat 2 reps skipped glute_bridge 3 reps to do" in flat(formcheck("today"))
    # With the last one skipped, too, the round is over, though nobody noted its end.
    history.skip(circuit.id, 1)
    told = flat(formcheck("today"))
    assert "1 of 2" in told and "To do in a round" in told


def test_a_round_that_was_broken_off_is_none(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    circuit = history.begin_circuit(followed(history))
    history.end_circuit(circuit.id, "stopped")
    assert "0 of 2" in flat(formcheck("today"))


def test_a_round_of_yesterday_is_not_gone_on_with(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    round_of(history, date.today() - timedelta(days=1), only=1)
    assert "To do in a round" in flat(formcheck("today"))


def test_today_warns_of_what_hurt_the_last_time(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    yesterday = date.today() - timedelta(days=1)
    round_of(history, yesterday, pain=True)
    told = flat(formcheck("today"))
    assert f"On {date_words(yesterday, year=False)} it hurt in squat, glute_bridge." in told
    assert "physiotherapist" in told
    round_of(history, date.today())
    assert "it hurt" not in flat(formcheck("today"))


def test_today_is_of_who_is_named(history: History, mine: Path) -> None:
    formcheck("programme", "start", mine)
    formcheck("profiles", "add", "Ann")
    assert "Me: My own" in formcheck("today").stdout
    assert "programme start ID" in formcheck("today", "--profile", "ann").stdout
    formcheck("programme", "start", "glutes_3phase", "--profile", "Ann")
    assert "Ann: Glutes in three phases" in formcheck("today", "--profile", "Ann").stdout
    assert "Me: My own" in formcheck("today").stdout
    formcheck("profiles", "choose", "Ann")
    assert "Ann: Glutes" in formcheck("today").stdout


def test_prescription_of_today_is_that_of_the_day_it_was_begun(
    history: History, mine: Path
) -> None:
    formcheck("programme", "start", mine)
    mine.write_text(MINE.replace("reps: 2}", "reps: 9}"), encoding="utf-8")
    assert "squat 2 reps" in flat(formcheck("today"))
    assert (
        Prescription(reps=2)
        == Programme.from_dict(followed(history).programme).phases[0].items[0].prescription
    )


# -------------------------------------------------------------- sent, and reminded of


def test_a_link_is_made_and_followed(history: History, mine: Path) -> None:
    sent = formcheck("programme", "show", mine, "--link", "https://clinic.example/programme")
    assert sent.stdout.startswith("https://clinic.example/programme?programme=")
    done = formcheck("programme", "start", sent.stdout.strip())
    assert "My own" in flat(done)
    assert followed(history).programme["id"] == "mine"
    broken = formcheck("programme", "start", sent.stdout.strip()[:-9])
    assert "not whole" in one_sentence(broken, 1)


def test_reminders_are_written_and_follow_the_phase(history: History, mine: Path) -> None:
    assert "No programme is followed" in formcheck("programme", "remind", "--ics", "-").stderr
    formcheck("programme", "start", mine, "--phase", "2")
    asked = ("--at", "7:30", "--at", "18:00", "--days", "Mon, fri", "--zone", "Europe/Vienna")
    file = mine.with_name("rounds.ics")
    assert "My own" in formcheck("programme", "remind", "--ics", file, *asked).stdout
    text = file.read_text(encoding="utf-8")
    assert text.count("BEGIN:VEVENT") == 2 and "BYDAY=MO,FR" in text and "Hard" in text
    assert "T073000" in text and "T180000" in text and "TZID=Europe/Vienna" in text
    shown = formcheck("programme", "remind", "nine_glute_med", "--ics", "-")
    assert shown.stdout.startswith("BEGIN:VCALENDAR") and "VALUE=DATE" in shown.stdout


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--at", "25:00"), "a time is like 7:30"),
        (("--at", "half past"), "a time is like 7:30"),
        (("--days", "mon,xyz"), "days are like mon,wed,fri"),
        (("--weeks", "0"), "1 to 104 weeks"),
        (("--zone", "../etc"), "no time zone"),
        (("--phase", "9"), "--phase 9"),
    ],
)
def test_reminders_that_cannot_be_are_refused(
    history: History, wrong: tuple[str, str], told: str
) -> None:
    done = formcheck("programme", "remind", "nine_glute_med", "--ics", "x.ics", *wrong)
    assert told in one_sentence(done, 2)
