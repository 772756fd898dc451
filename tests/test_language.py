"""The sentences people see and hear: all marked, all translated, and spoken in one language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from threading import Thread

import pytest
from circuits import BRIDGE, CLAMSHELL, SQUAT, Round, reps
from coached import RENDERED, REP, Played, asked_of, exercise_of, film

from benchmarks import languages
from formcheck.capture.pose_file import PoseFile
from formcheck.cli import main
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.session import SetSession
from formcheck.engine.trace import TraceKeeper
from formcheck.language import (
    LANGUAGES,
    _,
    catalogue,
    chosen,
    in_this_language,
    listed,
    ngettext,
    spoken_in,
)
from formcheck.reporting.html_report import ReportedSet, html_reports
from formcheck.training.programmes.reading import ProgrammeError, read_programme

LETTERS = set("abcdefghijklmnopqrstuvwxyz")
PACKAGE = Path(languages.PACKAGE)
#: Folders and modules whose sentences are all in the catalogue.
TRANSLATED = (
    "capture/correction.py",
    "capture/estimator.py",
    "capture/frames.py",
    "capture/models/s*.py",
    "capture/pose_file.py",
    "history/importing.py",
    "history/unsaved.py",
    "live/**/*.py",
    "reporting/[!r]*.py",
    "engine/adherence.py",
    "engine/camera.py",
    "engine/faults.py",
    "engine/plausibility.py",
    "engine/recognition.py",
    "engine/recording_quality.py",
    "engine/trust.py",
    "engine/wording.py",
    "training/p*.py",
    "training/trends.py",
    "training/reminders.py",
    "recordings/[!as]*.py",
    "training/programmes/*.py",
    "web/[!ajlm_]*.py",
    "web/jobs.py",
    "web/landmarker.py",
    "web/answers.py",
    "web/pages/*.py",
    "cli/[!_ls]*.py",
    "cli/saving.py",
    "cli/commands/[!dp]*.py",
    "cli/commands/programme.py",
)
MARKS = {"_", "N_", "ngettext", "many"}
#: Calls whose texts nobody sees: logs, patterns, our own mistakes; and the help of commands.
UNSEEN = re.compile(
    r"(^|\.)(_LOG\.\w+|re\.\w+|ValueError|AssertionError|TypeVar|debug|add_\w+|csv_\w+)$"
)
#: What reads like a sentence and is none, or is for another program: keys, styles, addresses.
KEYS = re.compile(
    r"^(own films|not met|to show|bold red|not bold|upside down$|head (left|right)$|"
    r"(set|report|Both sides) of \{\}|id: .*|tuple\[|SELECT |b?.?SQLite|Input should be)"
    r"|[<;]|url\("
)
SENTENCE = re.compile(r"[A-Za-z]{2,}[,.:;]? +[a-z]{2,}|^[A-Z][a-z]+( [a-z]+)*[.!?]$")


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {"en"}))
def test_every_sentence_is_translated_with_its_placeholders(language):
    assert languages.problems(language, languages.template()) == []


def test_no_sentence_is_shown_past_the_catalogue():
    found = [
        f"{file.relative_to(PACKAGE)}:{line}: {text}"
        for place in TRANSLATED
        for file in sorted(PACKAGE.glob(place))
        for line, text in unmarked(file.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_the_check_sees_an_unmarked_sentence():
    code = 'x.say(_("But this is fine."))\ny.say(f"You did {n} of them.")\n"Not this one."\n'
    assert [line for line, _text in unmarked(code)] == [2]


def test_nothing_is_translated_before_it_is_known_who_reads_it():
    # What runs when a module is loaded speaks the language of whoever came first.
    found = [
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if "pages" not in file.parts
        for line in too_early(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)
    assert [*too_early(ast.parse("a = {1: _('x')}\ndef b(c=_('y')):\n  return _('z')"))] == [1, 2]


_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def too_early(node: ast.AST) -> Iterator[int]:
    """The lines of all translations that are not inside a function."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"_", "ngettext"}:
        yield node.lineno
    for name, parts in ast.iter_fields(node):
        if name != "body" or not isinstance(node, _FUNCTION):
            for part in parts if isinstance(parts, list) else [parts]:
                if isinstance(part, ast.AST):
                    yield from too_early(part)


def unmarked(code: str) -> Iterator[tuple[int, str]]:
    """Line and text of every literal that reads like a sentence and has no mark."""

    def look(node: ast.AST) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in MARKS or UNSEEN.search(name):
                return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        if isinstance(node, ast.JoinedStr | ast.Constant):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(
                str(getattr(part, "value", "")) if isinstance(part, ast.Constant) else "{}"
                for part in parts
            )
            if SENTENCE.search(text) and not KEYS.search(text):
                yield node.lineno, text
            return
        if isinstance(node, ast.Compare) or is_help(node):
            return
        children = ast.iter_child_nodes(node)
        for child in node.values if isinstance(node, ast.Dict) else children:
            yield from look(child)

    yield from look(ast.parse(code))


def is_help(node: ast.AST) -> bool:
    """Whether it is a text of the command line's own help, which stays English."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("description")


# ------------------------------------------------------------------ in Spanish


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.lower()))


def known_words(language: str) -> set[str]:
    forms = (form for entry in catalogue(language).entries.values() for form in entry.forms)
    return {word for form in forms for word in words(form)}


def is_spanish(texts: list[str]) -> bool:
    """Whether every word is one of the Spanish catalogue, and no text one of the English code."""
    english = catalogue("es").entries.keys()
    return words(" ".join(texts)) <= known_words("es") | LETTERS and not set(texts) & english


def test_a_set_coached_in_spanish_has_no_english_word():
    with spoken_in("es"):
        played = Played("squat", film("squat", [REP] * 3), Prescription(reps=3))
        shown = played.snapshots[-1].to_dict()
    assert played.texts() == [
        "Bien. No te muevas.",
        *("Tres.", "Dos.", "Uno."),
        "Ya.",
        *("Uno.", "Dos.", "Tres."),
        "Serie terminada. Bien hecho.",
    ]
    assert shown["exercise"]["name"] == "Sentadilla"


@pytest.mark.parametrize("name", ["squat-03", "clamshell-01", "glute_bridge-03", "squat-07"])
def test_cues_and_callouts_are_spanish(name):
    path = next(p for p in RENDERED if p.stem == name)
    exercise = name.split("-")[0]
    with spoken_in("es"):
        played = Played(exercise, PoseFile(path), asked_of(path), start=True)
        shown = [s.to_dict() for s in played.snapshots]
    assert played.texts("fault")
    assert is_spanish(played.texts())
    assert is_spanish([c["title"] for s in shown for c in s["callouts"]])
    assert is_spanish([s["phase_word"] for s in shown if s["phase_word"]])


def test_a_round_in_spanish_has_no_english_word():
    films = (reps("clamshell"), reps("squat"), reps("glute_bridge", 1))
    with spoken_in("es"):
        done = Round(CLAMSHELL, SQUAT, BRIDGE, films=films, title="Foundation").to_end()
    said = [u.text for u in done.said if u.text]
    assert said[0] == "Base."
    assert is_spanish(said)


@pytest.mark.parametrize("name", ["clamshell-08", "squat-07", "tuning-deadlift-03"])
def test_a_report_in_spanish_has_no_english_word(name):
    path = next(p for p in RENDERED if p.stem == name)
    exercise, asked = EXERCISES[exercise_of(path)], asked_of(path)
    keeper = TraceKeeper(exercise)
    session = SetSession(exercise, prescription=asked, on_step=keeper)
    for frame in PoseFile(path):
        session.push(frame)
    one = ReportedSet(session.finish(), exercise, trace=keeper.trace, prescription=asked)
    assert "What was found" in html_reports([one])
    with spoken_in("es"):
        page = html_reports([one], when=datetime(2026, 3, 1, 12))
    text = unescape(re.sub("<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL))
    assert "Qué se encontró" in text and "1 de marzo de 2026" in text
    # The letters of 480x360 pixels and of units.
    assert words(text) - known_words("es") <= {"x"}


def test_what_is_wrong_with_a_programme_is_told_in_spanish():
    broken = """
        id: Bad Name
        name: ""
        mood: fine
        phases:
          - name: one
            rounds_per_day: [3, 1]
            items:
              - {exercise: sqat, reps: many}
              - {exercise: squat, reps: 0, per_side: true, sets: 99}
              - {exercise: single_leg_abc, reps: 10, hold_s: soon}
              - {exercise: squat, letters: 5, ours: {exercise: squat}}
          - {items: []}
    """
    texts = [broken, "- a list", "a: b: c", "x: *y", "\tid: a", broken.replace("mood", "id")]
    for text in texts:
        with spoken_in("es"), pytest.raises(ProgrammeError) as wrong:
            read_programme(text, "mine.yaml")
        told = words(str(wrong.value)) - words(f"{text} mine.yaml not allowed here")
        assert told <= known_words("es") | LETTERS | words(" ".join(EXERCISES)), wrong.value


def test_english_is_what_stands_in_the_code():
    assert _("Switch sides.") == "Switch sides."
    assert ngettext("{n} rep", "{n} reps", 1) == "{n} rep"
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_a_sentence_that_is_filled_in_already_is_translated_with_its_parts():
    with spoken_in("es"):
        said = _("This looks like the single-leg squat. Check the exercise.")
        assert said == "Esto parece otro ejercicio: sentadilla a una pierna. Revisa el ejercicio."
        assert _("Hold for the full 10 seconds.") == "Aguanta los 10 segundos completos."
        assert ngettext("{n} rep", "{n} reps", 2) == "{n} repeticiones"
        assert _("nothing we know") == "nothing we know"


def test_the_first_language_we_have_is_chosen():
    assert chosen(["fr-FR", "es-MX", "en"]) == "es"
    assert chosen(["es_ES.UTF-8"]) == "es"
    assert chosen(["C.UTF-8", ""]) == "en"


def test_the_command_line_speaks_the_language_that_is_named_or_that_of_the_system(
    monkeypatch, capsys
):
    path = next(str(p) for p in RENDERED if p.stem == "clamshell-08")
    count = ["count", path, "-e", "clamshell", "-q"]
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    heard = []
    with spoken_in("en"):
        for language, more in (("es_MX.UTF-8", []), ("C", ["--language", "es"]), ("de_DE", [])):
            monkeypatch.setenv("LANG", language)
            assert main([*count, *more]) == 0
            heard.append(capsys.readouterr().out.split(": ")[1].split(",")[0])
    assert heard == ["2 repeticiones", "2 repeticiones", "2 reps"]


def test_another_thread_speaks_the_language_of_who_asked_for_it():
    heard = []
    with spoken_in("es"):
        asked = in_this_language(lambda: heard.append(_("Switch sides.")))
    for call in (asked, lambda: heard.append(_("Switch sides."))):
        thread = Thread(target=call)
        thread.start()
        thread.join()
    assert heard == ["Cambia de lado.", "Switch sides."]
