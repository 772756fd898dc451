"""Where a tab's page and its live connection meet.

The page's script and the socket's threads share one TabSession per browser tab: the script
says what to coach, the worker notices and puts back what it saw. Streamlit runs the
script anew on every click; this module is imported, so its registry stays.

Streamlit's session holds the only lasting reference to its TabSession: when it ends,
that and its tokens go with it.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from formcheck.engine.exercise import Prescription
from formcheck.history import Enrolment, History
from formcheck.history.settings import ModelChoice
from formcheck.live.coached_set import FinishedSet
from formcheck.training.programmes.plan import PlannedSet
from formcheck.training.programmes.programme import PAIN

TOKEN_LIFE_S: Final = 900.0
RESUME_LIFE_S: Final = 60.0
_KEPT_SETS: Final = 20

_XSRF_COOKIE: Final = "_streamlit_xsrf"


@dataclass(frozen=True, slots=True)
class Setup:
    """What the page asks for. model: "auto" or a model's name.

    profile_id: whose sets these are; "" = nobody's, and they are not kept. plan: the sets of
    a circuit in their order; empty = the one exercise by itself. title, pain: of the
    circuit, see CircuitPlayer. circuit_id: under which the circuit is kept; it is
    begun with its first set as a round of the enrolment, unless it is there already.
    source_name: what the report calls the camera. language: in which the coach speaks.
    whose: see history.whose.
    """

    exercise: str = "squat"
    prescription: Prescription = field(default_factory=Prescription)
    both_sides: bool = True
    model: ModelChoice = "auto"
    profile_id: str = ""
    plan: tuple[PlannedSet, ...] = ()
    title: str = ""
    pain: str = PAIN
    circuit_id: str = ""
    enrolment: Enrolment | None = None
    source_name: str = "webcam"
    language: str = "en"
    whose: str = ""


@dataclass(frozen=True, slots=True)
class CircuitNow:
    """How far a tab's circuit is. begun: a set of it was begun; over: it has ended."""

    id: str
    begun: bool = False
    over: bool = False


class TabSession:
    """One browser tab: what it asks for, its circuit, its finished sets. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: What is asked for now; a new object whenever something changed.
        self.setup = Setup()
        self._finished: deque[FinishedSet] = deque(maxlen=_KEPT_SETS)
        #: The circuit that was coached last, and how far it is.
        self.circuit = CircuitNow("")
        self._live = 0
        self._quiet = threading.Condition(self._lock)
        #: Where what is done is kept, as far as the page could open it.
        self.history: History | None = None
        #: The connection that is live now, and the set a broken one left behind;
        #: both belong to the event loop of the socket.
        self.connection: Any = None
        self.parked: Any = None

    def configure(self, setup: Setup) -> None:
        """Ask for this from now on; the same again changes nothing."""
        if setup != self.setup:
            self.setup = setup

    @contextlib.contextmanager
    def coaching(self) -> Iterator[None]:
        """While somebody is coached."""
        with self._quiet:
            self._live += 1
        try:
            yield
        finally:
            with self._quiet:
                self._live -= 1
                self._quiet.notify_all()

    @property
    def live(self) -> bool:
        """Whether somebody is being coached."""
        return self._live > 0

    def until_quiet(self, timeout_s: float) -> bool:
        """Wait until nobody is coached any more, and all is kept; whether it is so."""
        with self._quiet:
            return self._quiet.wait_for(lambda: not self._live, timeout_s)

    def add_finished(self, finished: FinishedSet) -> None:
        """Keep a finished set for the page to show."""
        with self._lock:
            self._finished.append(finished)

    @property
    def finished(self) -> tuple[FinishedSet, ...]:
        """The sets finished in this tab, the newest last."""
        with self._lock:
            return tuple(self._finished)


@dataclass(slots=True)
class _Token:
    tab: weakref.ref[TabSession]
    browser: str
    expires_s: float
    resumes: bool


class TabSessions:
    """Who may open a live connection: single-use tokens, each for one tab."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}
        self._offered: weakref.WeakKeyDictionary[TabSession, str] = weakref.WeakKeyDictionary()

    def token(self, tab: TabSession, browser: str = "") -> str:
        """The token for the tab's page: the same until it is used or too old.

        browser: as browser_of gives it; only that browser may use the token.
        """
        with self._lock:
            offered = self._offered.get(tab, "")
            # One that is about to expire would be of no use to the page.
            if offered not in self._tokens or self._left_s(offered) < TOKEN_LIFE_S / 3:
                self._tokens.pop(offered, None)
                offered = self._new(tab, browser, TOKEN_LIFE_S, resumes=False)
                self._offered[tab] = offered
            return offered

    def resume_token(self, tab: TabSession, browser: str = "") -> str:
        """A token with which a broken connection is taken up again."""
        with self._lock:
            # It must outlive the connection by a minute, and that lasts as long as it lasts.
            return self._new(tab, browser, float("inf"), resumes=True)

    def redeem(self, token: str, browser: str = "") -> tuple[TabSession, bool] | None:
        """Use a token up: its tab, and whether it resumes; None when it is not valid."""
        with self._lock:
            self._forget_old()
            entry = self._tokens.get(token)
            if entry is None or (tab := entry.tab()) is None:
                return None
            if entry.browser and not hmac.compare_digest(entry.browser, browser):
                return None
            del self._tokens[token]
            return tab, entry.resumes

    def revoke(self, token: str) -> None:
        """Make a token invalid that nobody will need any more."""
        with self._lock:
            self._tokens.pop(token, None)

    def _new(self, tab: TabSession, browser: str, life_s: float, *, resumes: bool) -> str:
        self._forget_old()
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(weakref.ref(tab), browser, time.monotonic() + life_s, resumes)
        return token

    def _left_s(self, token: str) -> float:
        return self._tokens[token].expires_s - time.monotonic()

    def _forget_old(self) -> None:
        now = time.monotonic()
        for token, entry in list(self._tokens.items()):
            if entry.expires_s < now or entry.tab() is None:
                del self._tokens[token]


def browser_of(cookies: Mapping[str, str]) -> str:
    """What tells this browser from others, from its cookies; "" when it has none.

    Streamlit gives every browser a random secret against cross-site requests. The cookie
    is masked anew each time it is set ("2|mask|masked secret|time", all hexadecimal), so
    the mask is taken off.
    """
    parts = str(cookies.get(_XSRF_COOKIE, "")).strip("'\"").split("|")
    try:
        version, mask, masked = int(parts[0]), bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
    except (IndexError, ValueError):
        return ""
    if version != 2 or not mask:
        return ""
    return bytes(byte ^ mask[i % len(mask)] for i, byte in enumerate(masked)).hex()


TAB_SESSIONS: Final = TabSessions()
