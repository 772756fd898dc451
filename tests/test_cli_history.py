"""The history at the command line: what is listed, shown, changed and saved."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from cli_history import TODAY, ann, days_ago, done_set, flat, history, rows, sided
from command import formcheck, one_sentence, own_folders
from figure import film, squat
from reported import fault, rep

from formcheck.capture.pose_file import write_pose_file
from formcheck.engine.exercise import Prescription
from formcheck.history import History, Profile, SetStart, new_id
from formcheck.history.checkup import history_findings

# Fixtures that are used here.
__all__ = ["ann", "history", "own_folders"]

# ------------------------------------------------------------------- the table


def test_an_empty_history_tells_how_to_begin(own_folders: Path) -> None:
    assert "formcheck app" in flat(formcheck("history"))
    assert rows(formcheck("history", "--format", "csv")) == []
    assert json.loads(formcheck("history", "--format", "json").stdout)["sets"] == []


def test_the_table_tells_each_set_once_with_what_was_measured(
    history: History, ann: Profile
) -> None:
    first = done_set(
        history, ann, *sided("left", "right", "left"), day=days_ago(9), exercise="clamshell",
        partials=(rep(9, why="Too short."),),
    )  # fmt: skip
    second = done_set(history, ann, rep(1, fault("knee_valgus", side="left")), rep(2), at=time(6))
    history.answer_pain(second, True, 4)
    history.note(second, "Slept\nbadly.\x1b[31m")
    told = formcheck("history")
    text = flat(told)
    assert f"clamshell 2 L 1 R 12.0 s 100° 0 of 3 {first[:8]}" in text
    assert f"06:00 squat 2 of 3 - 100° 1 of 2 {second[:8]}" in text
    assert "1 partial attempt" in text
    assert "it hurt, 4 of 10; note: Slept badly.\N{REPLACEMENT CHARACTER}[31m" in text
    assert "2 sets on 2 days, 5 reps" in text
    assert f"{days_ago(9):%A}" in text
    assert told.stdout.index("clamshell") < told.stdout.index("squat"), "the newest comes last"


def test_the_longest_names_and_numbers_fit(history: History, ann: Profile) -> None:
    reps = [rep(n, side="left" if n % 2 else "right", hold_s=120.5) for n in range(1, 201)]
    done_set(history, ann, *reps, exercise="ball_single_leg_squat")
    assert "100 L 100 R" in flat(formcheck("history"))


def test_days_and_exercises_are_chosen(history: History, ann: Profile) -> None:
    for days in (20, 7, 6, 1, 0):
        done_set(history, ann, day=days_ago(days))
    done_set(history, ann, *sided("left"), exercise="clamshell")

    def seen(*args: object) -> list[str]:
        return [row["begun"][:10] for row in rows(formcheck("history", "--format", "csv", *args))]

    def told(*days: int) -> list[str]:
        return [str(days_ago(n)) for n in days]

    assert seen("--exercise", "squat") == told(20, 7, 6, 1, 0)
    assert seen("-e", "clamshell") == told(0)
    # Seven days are this one and the six before it.
    assert seen("--since", "7d", "-e", "squat") == told(6, 1, 0)
    assert seen("--since", "1w", "-e", "squat") == told(6, 1, 0)
    assert seen("--since", days_ago(7), "--until", "yesterday") == told(7, 6, 1)
    assert seen("--until", days_ago(20)) == told(20)
    assert seen("--since", "today") == told(0, 0)
    assert "No set" in flat(formcheck("history", "--until", days_ago(21)))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--since", "31.12.2025"], "2026-07-01"),
        (["--since", "2025-02-30"], "'2025-02-30' is not a day"),
        (["--until", "7x"], "--until"),
        (["--since", "99999w"], "is not a day"),
        (["--since", "2025-03-01", "--until", "2025-02-01"], "before"),
        (["--exercise", "squats"], "did you mean squat?"),
        (["--format", "xml"], "xml"),
        (["--profile", "Nobody"], "there is Ann"),
        (["export", "a.db", "--profile", "Ann"], ".json"),
        (["show"], "SET"),
        (["show", "ffff"], "no set 'ffff'"),
        (["show", ""], "no set"),
        (["show", "%"], "no set"),
        (["delete"], "Name the sets"),
        (["export", "a.doc"], ".json"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_usage(args: list[str], words: str, ann: Profile) -> None:
    assert words in one_sentence(formcheck("history", *args), 2)


# ------------------------------------------------------------------ CSV and JSON


def test_csv_has_the_numbers_and_leaves_unknown_cells_empty(history: History, ann: Profile) -> None:
    asked = Prescription(reps=3, concentric_s=3.0, hold_s=10.0, eccentric_s=3.0)
    faulty = rep(3, fault("too_fast"), fault("hold_short"), side="left", rom_deg=50.0)
    done_set(history, ann, *sided("left", "right"), faulty, exercise="clamshell", asked=asked)
    (row,) = rows(formcheck("history", "--format", "csv"))
    assert (row["reps"], row["reps_left"], row["reps_right"]) == ("3", "2", "1")
    assert (row["asked_hold_s"], row["asked_reps"]) == ("10.0", "3")
    assert row["hold_s"] == "11.5", "the rep that was not held does not count"
    assert (row["rom_deg"], row["rom_left_deg"], row["rom_right_deg"]) == ("100.0", "75.0", "100.0")
    assert (row["faulted_reps"], row["faults"]) == ("1", "hold_short:1 too_fast:1")
    assert (row["pain"], row["pain_level"], row["note"]) == ("", "", "")
    assert datetime.fromisoformat(row["begun"]).utcoffset() is not None


def test_csv_of_reps_has_a_row_for_each_attempt(history: History, ann: Profile) -> None:
    set_id = done_set(history, ann, rep(1), rep(2), partials=(rep(1, why="Too short."),))
    found = rows(formcheck("history", "--format", "csv", "--reps"))
    assert {row["set_id"] for row in found} == {set_id}
    assert sorted(row["counted"] for row in found) == ["no", "yes", "yes"]


def test_json_has_the_same_with_its_types(history: History, ann: Profile) -> None:
    set_id = done_set(history, ann, rep(1, fault("knee_valgus")), partials=(rep(2, why="Short."),))
    history.answer_pain(set_id, False)
    data = json.loads(formcheck("history", "--format", "json").stdout)
    (one,) = data["sets"]
    assert data["profile"] == "Ann"
    assert (one["set_id"], one["reps"], one["partials"]) == (set_id, 1, 1)
    assert one["faults"] == {"knee_valgus": 1}
    assert (one["pain"], one["pain_level"], one["hold_s"]) == (False, None, None)
    assert "attempts" not in one
    with_reps = json.loads(formcheck("history", "--format", "json", "--reps").stdout)
    assert [a["rom_deg"] for a in with_reps["sets"][0]["attempts"]] == [100.0, 100.0]


def test_the_profile_named_before_or_after_the_command_is_meant(
    history: History, ann: Profile, own_folders: Path
) -> None:
    bob = history.add_profile("Bob")
    done_set(history, bob, *sided("left"), exercise="clamshell")
    for args in (("--profile", "bob", "export", "a.csv"), ("export", "a.csv", "--profile", "bob")):
        assert formcheck("history", *args, cwd=own_folders).returncode == 0
        assert "clamshell" in (own_folders / "a.csv").read_text("utf-8")
    assert formcheck("history", "export", "a.csv", cwd=own_folders).returncode == 0
    assert "clamshell" not in (own_folders / "a.csv").read_text("utf-8")


# ------------------------------------------------------------------------ one set


def test_a_set_is_shown_by_the_beginning_of_its_id(history: History, ann: Profile) -> None:
    set_id = done_set(history, ann, rep(1, fault("knee_valgus", side="left")), rep(2))
    done_set(history, ann, exercise="deadlift")
    history.note(set_id, "Slept badly.")
    told = flat(formcheck("history", "show", set_id[:8].upper()))
    assert "Squat: 2 reps of 3" in told
    assert "knee falls inward (left)" in told
    assert "Whether it hurt was not answered; note: Slept badly." in told
    assert flat(formcheck("history", "show", set_id)) == told
    assert f"{TODAY:%A} {TODAY.day} {TODAY:%B %Y}" in told


def test_what_is_not_clear_is_not_guessed(history: History, ann: Profile) -> None:
    when = datetime.combine(TODAY, time(0, 1)).astimezone()
    for number in "12":
        history.begin_set(
            SetStart("a" * 31 + number, ann.id, "squat", prescription=Prescription(), when=when)
        )
    words = one_sentence(formcheck("history", "delete", "aaaa", "--yes"), 2)
    assert "More than one set" in words
    assert len(history.sets(ann.id)) == 2
    # The whole id is always clear.
    assert formcheck("history", "delete", "a" * 31 + "1", "--yes").returncode == 0


def test_the_report_as_a_page_and_as_json(
    history: History, ann: Profile, own_folders: Path
) -> None:
    set_id = done_set(history, ann)
    page = own_folders / "set.html"
    assert formcheck("history", "show", set_id, "--html", page).returncode == 0
    text = page.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>") and f"{TODAY:%Y}" in text
    assert json.loads(formcheck("history", "show", set_id, "--json", "-").stdout)["exercise"]
    words = one_sentence(formcheck("history", "show", set_id, "--html", own_folders / "no/x"), 1)
    assert "cannot be written" in words


def test_a_running_set_is_told_to_be_one(history: History, ann: Profile) -> None:
    set_id = new_id()
    history.begin_set(SetStart(set_id, ann.id, "squat", prescription=Prescription()))
    history.add_rep(set_id, rep(1))
    assert "running" in flat(formcheck("history"))
    assert "1 rep" in flat(formcheck("history", "show", set_id))


def test_a_note_is_written_and_taken_away(history: History, ann: Profile) -> None:
    set_id = done_set(history, ann)
    assert formcheck("history", "note", set_id[:8], "Felt easy.").returncode == 0
    assert history.past_set(set_id).note == "Felt easy."
    assert formcheck("history", "note", set_id[:8], "").returncode == 0
    assert history.past_set(set_id).note == ""


# ----------------------------------------------------------------- delete, profiles


def test_nothing_is_deleted_without_a_yes(history: History, ann: Profile) -> None:
    first, second = done_set(history, ann), done_set(history, ann)
    assert "--yes" in one_sentence(formcheck("history", "delete", first), 2)
    assert formcheck("history", "delete", first, answer="n").returncode == 2
    assert "--yes" in one_sentence(formcheck("history", "delete", "--profile", "Ann"), 2)
    assert "--yes" in one_sentence(formcheck("profiles", "delete", "Ann"), 2)
    assert len(history.sets(ann.id)) == 2
    assert formcheck("history", "delete", first, answer="y").returncode == 0
    assert [one.id for one in history.sets(ann.id)] == [second]
    assert formcheck("history", "delete", "--profile", "Ann", "--yes").returncode == 0
    assert history.profiles() == ()


def test_of_several_sets_an_unknown_one_spares_all(history: History, ann: Profile) -> None:
    first = done_set(history, ann)
    assert "ffff" in one_sentence(formcheck("history", "delete", first, "ffff", "--yes"), 2)
    for pattern in ("%", "_" * 32, "", " "):
        assert "no set" in one_sentence(formcheck("history", "delete", pattern, "--yes"), 2)
    assert len(history.sets(ann.id)) == 1


def test_people_are_added_chosen_and_renamed(history: History) -> None:
    assert "profiles add NAME" in formcheck("profiles").stdout
    for name in ("Ann", "Bob"):
        assert formcheck("profiles", "add", name).returncode == 0
    assert "Bob" in one_sentence(formcheck("profiles", "add", "Bob"), 1)
    done_set(history, history.profiles()[1])
    assert "* Ann  0 sets" in formcheck("profiles").stdout
    assert formcheck("profiles", "choose", "bob").returncode == 0
    assert f"* Bob  1 set, the last on {TODAY}" in formcheck("profiles").stdout
    assert formcheck("profiles", "rename", "bob", "Robert").returncode == 0
    assert [one.name for one in history.profiles()] == ["Ann", "Robert"]
    assert "squat" in formcheck("history").stdout, "who was chosen is meant, by any name"
    assert "Nobody in the history is named 'Bob'" in one_sentence(
        formcheck("profiles", "delete", "Bob", "--yes"), 2
    )


# -------------------------------------------------------------- recordings, doctor


@pytest.fixture
def squats(tmp_path: Path) -> Path:
    path = tmp_path / "squats.npz"
    reps = [(1.0, 1.0, 0.0, 1.0, 1.0)] * 2
    write_pose_file(path, film(lambda effort, _: squat(105 * effort), reps, azimuth_deg=90.0))
    return path


def test_a_recording_is_saved_once(history: History, squats: Path) -> None:
    args = ["analyze", squats, "-e", "squat", "--save", "--reps", "2", "--when", "2026-07-01T18:30"]
    first = formcheck(*args)
    assert first.returncode == 0, first.stderr
    (row,) = rows(formcheck("history", "--format", "csv"))
    assert (row["source"], row["reps"], row["asked_reps"]) == ("video", "2", "2")
    assert row["begun"].startswith("2026-07-01T18:30")
    assert f"formcheck history show {row['set_id'][:8]}" in first.stderr
    assert "already" in formcheck(*args).stderr
    assert len(rows(formcheck("history", "--format", "csv"))) == 1
    assert "from a video" in flat(formcheck("history"))
    assert "Squat: 2 reps of 2" in flat(formcheck("history", "show", row["set_id"]))


def test_an_old_recording_takes_its_place_in_time(
    history: History, ann: Profile, squats: Path
) -> None:
    done_set(history, ann, exercise="deadlift")
    args = ["analyze", squats, "-e", "squat", "--save", "--when", "2024-02-29"]
    assert formcheck(*args, "--profile", "ann").returncode == 0
    found = rows(formcheck("history", "--format", "csv"))
    assert [(row["exercise"], row["clock_doubt"]) for row in found] == [
        ("squat", "no"),
        ("deadlift", "no"),
    ]


def test_without_a_time_the_file_tells_it(history: History, squats: Path) -> None:
    assert formcheck("analyze", squats, "-e", "squat", "--save", "-q").returncode == 0
    (row,) = rows(formcheck("history", "--format", "csv"))
    written = datetime.fromtimestamp(squats.stat().st_mtime).astimezone()
    assert timedelta(0) < written - datetime.fromisoformat(row["begun"]) < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--when", "2026-07-01"], "--save"),
        (["--save", "--when", "yesterday"], "2026-07-01T18:30"),
        (["--save", "--when", "9000-01-01"], "future"),
        (["--save", "--profile", "Nobody"], "Nobody"),
    ],
)
def test_saving_is_refused_before_the_work(
    args: list[str], words: str, history: History, squats: Path, tmp_path: Path
) -> None:
    out = tmp_path / "r.json"
    done = formcheck("analyze", squats, "-e", "squat", "--json", out, *args)
    assert words in one_sentence(done, 2)
    assert not out.exists() and history.profiles() == ()


def test_doctor_is_told_of_the_history_and_makes_none(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = history_findings()
    assert found["where"] == f"none yet, will be {own_folders / 'data' / 'history.db'}"
    assert not (own_folders / "data").exists()
    opened = History()
    done_set(opened, opened.add_profile("Ann"))
    opened.close()
    found = history_findings()
    assert (found["people"], found["sets"], found["problems"]) == (1, 1, [])
    assert found["where"] == str(own_folders / "data" / "history.db")
    (own_folders / "data" / "history.db").write_bytes(b"Dear diary" * 100)
    assert len(history_findings()["problems"]) == 1
    monkeypatch.setenv("FORMCHECK_DATABASE", "postgresql://me:secret@localhost:1/mine")
    found = history_findings()
    assert found["where"] == "a database server" and len(found["problems"]) == 1
    assert "secret" not in str(found)
    monkeypatch.setenv("FORMCHECK_DATABASE", "nonsense")
    assert "FORMCHECK_DATABASE" in history_findings()["problems"][0]
