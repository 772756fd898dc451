"""Taking the history along: the sheet for a physiotherapist, files to keep, deleting."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import streamlit as st

from formcheck.history import History, HistoryError, Profile
from formcheck.history.export import csv_zip, write_database, write_json
from formcheck.history.forget import forget_profile
from formcheck.history.importing import import_history
from formcheck.history.settings import load_settings
from formcheck.language import N_, _
from formcheck.reporting.period_report import period_report
from formcheck.web.answers import written
from formcheck.web.media import MEDIA, url
from formcheck.web.report_view import plain


class _Made:
    """The files that this tab made last, to be fetched from it; one of each kind."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="formcheck-")
        self._tokens: dict[str, str] = {}
        self._of: dict[str, tuple[object, ...]] = {}

    def make(self, kind: str, of: tuple[object, ...], write: Callable[[Path], object]) -> None:
        """Have a file written. kind: its name; of: what it is about."""
        self.drop(kind)
        write(self.path(kind))
        self._tokens[kind], self._of[kind] = MEDIA.add(self.path(kind)), of

    def path(self, kind: str) -> Path:
        return Path(self._folder.name) / kind

    def token(self, kind: str, of: tuple[object, ...]) -> str | None:
        """Under which the file is fetched; None when there is none of this."""
        return self._tokens.get(kind) if self._of.get(kind) == of else None

    def drop(self, kind: str) -> None:
        MEDIA.remove(self._tokens.pop(kind, ""))

    def close(self) -> None:
        for kind in tuple(self._tokens):
            self.drop(kind)
        self._folder.cleanup()


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda made: made.close())
def _made() -> _Made:
    return _Made()


def show_files(past: History, who: Profile, today: date) -> None:
    """The summary of a period, export, import, and deleting the person."""
    _summary(past, who, today)
    st.header(_("Keep a copy"), anchor=False)
    _export(past, who, today)
    with st.expander(_("Import history"), icon=":material/upload_file:"):
        show_import(past, who)
    _delete(past, who)


def _make(kind: str, of: tuple[object, ...], write: Callable[[Path], object]) -> bool:
    """Have a file made; if it cannot be, the page says why."""
    try:
        _made().make(kind, of, write)
    except HistoryError as error:
        st.error(_(str(error)))
    except OSError as error:
        st.error(_("The file could not be written: {why}.").format(why=error.strerror or error))
    else:
        return True
    return False


# ------------------------------------------------------ for the physiotherapist

_SHEET: Final = "summary.html"


def _summary(past: History, who: Profile, today: date) -> None:
    st.header(_("For your physiotherapist"), anchor=False)
    st.markdown(
        _(
            "A sheet of paper with what you did in a period: how much of the target, how it was "
            "done, left against right, range of motion, pain and notes, and what was not assessed."
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picked = st.date_input(
            _("From, to"),
            (today - timedelta(days=27), today),
            max_value=today,
            format="DD/MM/YYYY",
            key="summary-period",
            width=280,
        )
        make = st.button(_("Make the sheet"), icon=":material/description:", type="primary")
    if not isinstance(picked, tuple) or len(picked) != 2:
        st.caption(_("Choose the first and the last day."))
        return
    since, until = picked
    of = (who.id, since, until)

    def write(file: Path) -> None:
        text = period_report(
            who,
            past.enrolment(who.id),
            # Those before the period count towards the next phase.
            past.circuits(who.id, until=until),
            past.sets(who.id, until=until),
            (since, until),
            load_settings().units,
        )
        file.write_text(text, encoding="utf-8")

    if make and not _make(_SHEET, of, write):
        return
    token = _made().token(_SHEET, of)
    if token is None:
        return
    name = f"formcheck_{since}_{until}.html"
    with st.container(horizontal=True):
        st.link_button(_("Open to print"), url(token, name), icon=":material/print:")
        st.link_button(
            _("Download (HTML)"), url(token, name, download=True), icon=":material/download:"
        )
    st.iframe(_made().path(_SHEET), height=640, alt=_("The sheet as it will be printed"))


# ---------------------------------------------------------------------- copies

#: Name, ending and what it is for.
_FORMS: Final = {
    "csv": ("CSV", "zip", N_("Two tables for a spreadsheet: every set, and every rep.")),
    "json": (
        "JSON",
        "json",
        N_("All of this person with pictures and signals, to import on another computer."),
    ),
    "db": (N_("Whole file"), "db", N_("The database with everybody in it, as it is.")),
}


def _export(past: History, who: Profile, today: date) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        form = st.segmented_control(
            _("As"),
            list(_FORMS),
            format_func=lambda name: _(_FORMS[name][0]),
            default="csv",
            required=True,
            key="export-form",
        )
        make = st.button(_("Make the file"), icon=":material/archive:")
    if form is None:
        return
    ending, words = _FORMS[form][1:]
    st.caption(_(words))
    kind, of = f"export.{ending}", (who.id, form)

    def write(file: Path) -> None:
        if form == "csv":
            file.write_bytes(csv_zip(past, who.id))
        elif form == "json":
            write_json(past, file, who.id)
        else:
            write_database(past, file)

    if make:
        _make(kind, of, write)
    token = _made().token(kind, of)
    if token is not None:
        size = _made().path(kind).stat().st_size / 1e6
        st.link_button(
            _("Download ({mb:.1f} MB)").format(mb=size),
            url(token, f"formcheck_history_{today}.{ending}", download=True),
            icon=":material/download:",
        )


def show_import(past: History, who: Profile) -> None:
    """Take in a file that was exported, of this person or of everybody in it."""
    turn = st.session_state.setdefault("import-turn", 0)
    upload = st.file_uploader(
        _("A file that formcheck exported: JSON, or a whole database"),
        ["json", "db", "sqlite"],
        key=f"import-{turn}",
    )
    mine = st.toggle(
        _("All of it is {name}'s").format(name=plain(who.name)),
        key="import-mine",
        help=_("Otherwise everyone keeps their own."),
    )
    if upload is not None and st.button(_("Import"), icon=":material/move_to_inbox:"):
        told = _import(past, upload, who.id if mine else None)
        if told:
            st.session_state["history-told"] = told
            st.session_state["import-turn"] = turn + 1
            st.rerun()


def _import(past: History, upload: Any, into: str | None) -> str:
    """What came of it as a sentence; "" when nothing did, and the page says why."""
    with tempfile.TemporaryDirectory(prefix="formcheck-") as folder:
        file = Path(folder) / Path(upload.name).name
        try:
            with file.open("wb") as target:
                shutil.copyfileobj(upload, target)
            return import_history(past, file, into=into).sentence()
        except HistoryError as error:
            st.error(_(str(error).replace(str(file), file.name)))
        except OSError as error:
            st.error(
                _("{name} could not be saved: {why}.").format(
                    name=file.name, why=error.strerror or error
                )
            )
    return ""


# -------------------------------------------------------------------- deleting


def _delete(past: History, who: Profile) -> None:
    st.header(_("Delete"), anchor=False)
    key = f"delete-person-{who.id}"

    def delete() -> None:
        if st.session_state[key].strip() != who.name:
            st.session_state["history-problem"] = N_("Nothing was deleted: that is not the name.")
        elif written(lambda: forget_profile(past, who.id)):
            st.session_state["history-told"] = N_("{name} and all sets were deleted.").format(
                name=plain(who.name)
            )

    words = _("Delete {name} with all sets, for good").format(name=plain(who.name))
    with st.expander(words, icon=":material/delete:"):
        st.markdown(
            _(
                "All sets, reports, pictures, rounds and answers of this person are deleted. "
                "There is no way back: keep a copy first if you may want them again."
            )
        )
        with st.form(f"{key}-form", border=False):
            st.text_input(_("To confirm, type the name: {name}").format(name=who.name), key=key)
            st.form_submit_button(_("Delete for good"), type="primary", on_click=delete)
