"""Who may open a live connection, and what a tab's tab keeps."""

from __future__ import annotations

import gc
import os
import threading

import pytest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from formcheck.engine.exercise import Prescription
from formcheck.web import tab_session as tab_session_module
from formcheck.web.pacing import Breath, Pacer
from formcheck.web.tab_session import Setup, TabSession, TabSessions, browser_of


def test_a_token_opens_one_connection_and_the_page_then_gets_another() -> None:
    tabs, tab = TabSessions(), TabSession()
    token = tabs.token(tab)
    assert tabs.token(tab) == token  # a rerun does not change the page
    assert tabs.redeem(token) == (tab, False)
    assert tabs.redeem(token) is None
    again = tabs.token(tab)
    assert again != token
    assert tabs.redeem(again) == (tab, False)


def test_each_tab_has_a_token_of_its_own() -> None:
    tabs, one, other = TabSessions(), TabSession(), TabSession()
    tokens = tabs.token(one), tabs.token(other)
    assert tokens[0] != tokens[1]
    assert tabs.redeem(tokens[1]) == (other, False)
    assert tabs.redeem(tokens[0]) == (one, False)


def test_a_token_is_of_no_use_in_another_browser() -> None:
    tabs, tab = TabSessions(), TabSession()
    token = tabs.token(tab, "mine")
    assert tabs.redeem(token, "theirs") is None
    assert tabs.redeem(token, "") is None
    assert tabs.redeem(token, "mine") == (tab, False)


def test_a_token_gets_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    tabs, tab = TabSessions(), TabSession()
    now = tab_session_module.time.monotonic()
    token = tabs.token(tab)
    monkeypatch.setattr(
        tab_session_module.time, "monotonic", lambda: now + tab_session_module.TOKEN_LIFE_S + 1
    )
    assert tabs.redeem(token) is None
    assert tabs.token(tab) != token


def test_a_resume_token_says_so_and_can_be_revoked() -> None:
    tabs, tab = TabSessions(), TabSession()
    token = tabs.resume_token(tab)
    assert tabs.redeem(token) == (tab, True)
    token = tabs.resume_token(tab)
    tabs.revoke(token)
    assert tabs.redeem(token) is None


def test_the_room_of_a_session_that_ended_is_forgotten() -> None:
    tabs, tab = TabSessions(), TabSession()
    token, resume = tabs.token(tab), tabs.resume_token(tab)
    del tab
    gc.collect()
    assert tabs.redeem(token) is None
    assert tabs.redeem(resume) is None


def test_the_setup_is_a_new_one_only_when_something_changed() -> None:
    tab = TabSession()
    tab.configure(Setup("squat", Prescription(reps=8)))
    before = tab.setup
    tab.configure(Setup("squat", Prescription(reps=8)))
    assert tab.setup is before
    tab.configure(Setup("squat", Prescription(reps=9)))
    assert tab.setup is not before


def test_the_page_can_wait_until_what_was_coached_is_kept() -> None:
    tab = TabSession()
    assert not tab.live and tab.until_quiet(0)
    over = threading.Event()

    def coach() -> None:
        with tab.coaching():
            begun.set()
            over.wait(120)

    begun = threading.Event()
    thread = threading.Thread(target=coach)
    thread.start()
    begun.wait(120)
    assert tab.live and not tab.until_quiet(0)
    over.set()
    assert tab.until_quiet(120) and not tab.live
    thread.join()


def test_a_browser_is_known_again_when_its_cookie_is_masked_anew() -> None:
    secret, other = os.urandom(16), os.urandom(16)
    cookies = [{"_streamlit_xsrf": generate_xsrf_token_string(s)} for s in (secret, secret, other)]
    assert cookies[0] != cookies[1]
    one, again, another = map(browser_of, cookies)
    assert one == again == secret.hex()
    assert another != one


@pytest.mark.parametrize("value", ["", "2|", "2|zz|zz|1", "1|aa|bb|1", "2||ab|1", "nonsense"])
def test_a_cookie_that_means_nothing_is_no_browser(value: str) -> None:
    assert browser_of({"_streamlit_xsrf": value}) == ""
    assert browser_of({}) == ""


# ---------------------------------------------------------------------- pacing
def simulate(busy_s: float, answer_s: float, frames: int = 200) -> tuple[float, float, int]:
    """Idle share of the landmarker, mean wait of a picture (s), most pictures on the way."""
    pacer = Pacer(Breath())
    now = idle_s = waited_s = arrived_s = free_s = 0.0
    arrives: float | None = None
    ends: float | None = None
    waiting = False
    done = most = 0
    while done < frames:
        if ends is None and waiting:
            pacer.began(now)
            waited_s += now - arrived_s
            idle_s += now - free_s
            waiting, ends = False, now + busy_s
        due = pacer.due_s(now)
        if due is not None and due <= now:
            pacer.asked(now)
            arrives, due = now + answer_s, None
        most = max(most, (arrives is not None) + waiting + (ends is not None))
        now = min(moment for moment in (arrives, ends, due) if moment is not None)
        if arrives is not None and now >= arrives:
            arrives, arrived_s, waiting = None, now, True
            pacer.arrived(now)
        if ends is not None and now >= ends:
            ends, free_s = None, now
            pacer.ended(now)
            done += 1
    return idle_s / now, waited_s / frames, most


@pytest.mark.parametrize("answer_s", [0.001, 0.01, 0.025])
def test_the_next_picture_comes_just_when_the_landmarker_is_free(answer_s: float) -> None:
    idle, wait_s, most = simulate(0.030, answer_s)
    assert idle < 0.02
    assert wait_s < 0.004
    assert most == 2


def test_a_browser_slower_than_the_landmarker_is_asked_at_once_and_never_for_more() -> None:
    idle, wait_s, most = simulate(0.030, 0.060)
    assert idle == pytest.approx(0.5, abs=0.05)
    assert wait_s < 0.001
    assert most == 2


def test_who_sends_without_being_asked_is_not_asked_while_a_picture_waits() -> None:
    pacer = Pacer(Breath())
    assert pacer.due_s(0.0) == 0.0
    pacer.arrived(0.0)
    assert pacer.due_s(0.0) is None
    pacer.began(0.0)
    assert pacer.due_s(0.0) is not None
