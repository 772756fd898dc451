"""The live connection: a WebSocket on the page's own server and port.

Nothing here blocks: pictures go to the connection's worker thread, and what that says
comes back through the event loop. Who may connect is decided before anything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import streamlit as st
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from formcheck.language import _, spoken_in
from formcheck.web.messages import HEADER, MAX_POSE_BYTES, POSE, is_kept
from formcheck.web.pacing import Breath, Pacer
from formcheck.web.server_path import server_path
from formcheck.web.tab_session import RESUME_LIFE_S, TAB_SESSIONS, TabSession, browser_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from formcheck.web.coaching_run import CoachingRun
    from formcheck.web.worker import Worker


#: So many may have their pictures looked at at once: each landmarker takes most of a core.
LIVE_LIMIT: Final = 4
#: And so many from one address: a household, not all places.
ADDRESS_LIMIT: Final = 3

_MAX_PICTURE_BYTES: Final = 1_500_000
_MAX_TEXT_CHARS: Final = 4096
_MESSAGES_PER_S: Final = 90.0
# After a lost connection the page sends the poses of the last ten seconds at once.
_BURST: Final = 480.0
_MOST_WAITING: Final = 600
_SILENT_S: Final = 30.0
_MAX_UNSENT: Final = 64
_END_S: Final = 10.0
_PROBE_S: Final = 0.02
# A thread that writes a rep down takes Python from the loop for so long each time that the loop
# waits for the network; five milliseconds, as is usual, add up.
_SWITCH_S: Final = 0.0005

_GOING_AWAY: Final = 1001
_POLICY: Final = 1008
_TOO_BIG: Final = 1009
_TRY_LATER: Final = 1013

_live: set[_Connection] = set()
_breath = Breath()
# Nothing else holds a task.
_tasks: set[asyncio.Task[None]] = set()
# Whose pictures are looked at.
_looking: set[_Connection] = set()


def socket_path() -> str:
    """Path of the socket on this server."""
    return server_path("coach/socket")


def route() -> WebSocketRoute:
    """The route for st.App."""
    return WebSocketRoute(socket_path(), _CoachSocket())


class _CoachSocket:
    """The route's ASGI application; an object, for a function would not get `receive`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _send_at_once(receive)
        _refuse_large(receive)
        await _serve(WebSocket(scope, receive, send))


def _send_at_once(receive: Receive) -> None:
    """Have the connection send small messages without waiting for an acknowledgement.

    Streamlit's listening socket names no protocol, so asyncio does not know its
    connections for TCP and leaves Nagle's algorithm on: with it, a request for the next
    picture waits up to 40 ms behind the answer to the last one. `receive` is a method of
    the server's protocol object, which has the connection; elsewhere this does nothing.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    connection = transport.get_extra_info("socket") if transport is not None else None
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _refuse_large(receive: Receive) -> None:
    """Have the connection end at the first bytes of a message that is too large.

    The server's own limit is Streamlit's, 200 MB, and a message is whole before it is handed
    over. As above this is the server's protocol object; elsewhere it does nothing.
    """
    protocol: Any = getattr(getattr(receive, "__self__", None), "conn", None)
    if hasattr(protocol, "max_message_size"):
        protocol.max_message_size = HEADER.size + _MAX_PICTURE_BYTES


async def _serve(websocket: WebSocket) -> None:
    if not _from_own_page(websocket):
        # Closed before it was accepted: the answer is 403.
        await websocket.close(_POLICY)
        return
    await websocket.accept()
    browser = browser_of(websocket.cookies)
    entry = TAB_SESSIONS.redeem(websocket.query_params.get("token", ""), browser)
    if entry is None:
        await websocket.close(_POLICY, "This token was used or is too old.")
        return
    tab, resumes = entry
    # The tab may come back before it is noticed that its connection was lost.
    while tab.connection is not None:
        await tab.connection.end("The coach goes on in another connection of this tab.")
    if not resumes and _breath.is_short(time.perf_counter()):
        with spoken_in(tab.setup.language):
            text = _("So many people are being coached here that nobody else can be; try later.")
        await websocket.send_json({"type": "stopped", "text": text})
        await websocket.close(_TRY_LATER, text)
        return
    connection = _Connection(websocket, tab, browser)
    tab.connection = connection
    _live.add(connection)
    if len(_live) == 1:
        sys.setswitchinterval(_SWITCH_S)
        _tasks.add(watch := asyncio.create_task(_breathe()))
        watch.add_done_callback(_tasks.discard)
    try:
        await connection.run(resumes)
    finally:
        _looking.discard(connection)
        _live.discard(connection)
        tab.connection = None


def _address(websocket: WebSocket) -> str:
    """From where a page connects, as the server's proxy tells it; "" = from this computer."""
    host = websocket.client.host if websocket.client else ""
    with contextlib.suppress(ValueError):
        return "" if ip_address(host).is_loopback else host
    return ""


async def _breathe() -> None:
    """While anybody is here, measure how long what comes has to wait for its turn."""
    while _live:
        began_s = time.perf_counter()
        await asyncio.sleep(_PROBE_S)
        now_s = time.perf_counter()
        _breath.waited(now_s - began_s - _PROBE_S, now_s)


def _from_own_page(websocket: WebSocket) -> bool:
    """Whether the page that connects is one of this server's, or of a host it trusts."""
    if not st.get_option("server.enableCORS"):
        return True
    origin = websocket.headers.get("origin", "")
    if not origin:
        return False
    parts = urlsplit(origin)
    if parts.netloc == websocket.headers.get("host"):
        return True
    trusted = (str(o).strip() for o in st.get_option("server.corsAllowedOrigins") or ())
    return any((urlsplit(o).hostname or o) == parts.hostname for o in trusted)


class _Connection:
    """One socket, its worker and the pace between them. Lives in the event loop.

    send, ready, arrived, began, ended and stopped are the worker's Outbox: called from its
    threads.
    """

    def __init__(self, websocket: WebSocket, tab: TabSession, browser: str) -> None:
        self._websocket = websocket
        #: From where it comes; "" = from this computer itself.
        self.address = _address(websocket)
        self._tab = tab
        self._browser = browser
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._unsent: asyncio.Queue[str] = asyncio.Queue()
        self._pacer = Pacer(_breath)
        self._ready = False
        self._wish: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._allowance, self._allowance_s = _BURST, time.monotonic()
        self._close_with: asyncio.Future[tuple[int, str]] = self._loop.create_future()
        self._over = asyncio.Event()

    # ---------------------------------------------- from the worker's thread

    def send(self, message: str) -> None:
        self._soon(self._put, message)

    def answer(self, message: str, wish: dict[str, Any]) -> None:
        if threading.get_ident() == self._thread:
            self._take_answer(message, wish)
        else:
            self._soon(self._take_answer, message, wish)

    def ready(self) -> None:
        self._soon(self._be_ready)

    def arrived(self) -> None:
        self._soon(self._mark, self._pacer.arrived, time.perf_counter())

    def began(self) -> None:
        self._soon(self._mark, self._pacer.began, time.perf_counter())

    def ended(self) -> None:
        self._soon(self._mark, self._pacer.ended, time.perf_counter())

    def stopped(self) -> None:
        self._soon(self._close, _GOING_AWAY, "The coach has stopped.")

    def _soon(self, call: Callable[..., None], *arguments: Any) -> None:
        # At shutdown the loop may be gone before the thread.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    # ------------------------------------------------------ in the event loop

    async def run(self, resumes: bool) -> None:
        """Serve until either side ends it."""
        parked, self._tab.parked = self._tab.parked, None
        run = parked.take() if parked is not None else None
        if run is not None and not (resumes or run.goes_on(self._tab.setup)):
            _give_up(run)
            run = None
        resume = TAB_SESSIONS.resume_token(self._tab, self._browser)
        # Importing it takes a moment in which nobody else may wait.
        worker_class = await asyncio.to_thread(_worker_class)
        worker = worker_class(self._tab, self, resume, run)
        worker.start()
        sender = asyncio.create_task(self._send_all())
        reader = asyncio.create_task(self._receive_all(worker))
        try:
            ends: set[asyncio.Future[Any]] = {sender, reader, self._close_with}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            worker.stop()
            if self._timer is not None:
                self._timer.cancel()
            if self._close_with.done() and not reader.done():
                await self._say_goodbye(sender)
            sender.cancel()
            reader.cancel()
            await asyncio.gather(sender, reader, return_exceptions=True)
            ended = await asyncio.to_thread(worker.join, _END_S)
            if ended and worker.coaching_run is not None:
                self._tab.parked = _Parked(self._tab, worker.coaching_run, resume)
            self._over.set()

    async def end(self, reason: str) -> None:
        """End it from outside and wait until it has."""
        self._close(_GOING_AWAY, reason)
        await self._over.wait()

    def _close(self, code: int, reason: str) -> None:
        if not self._close_with.done():
            self._close_with.set_result((code, reason))

    async def _say_goodbye(self, sender: asyncio.Task[None]) -> None:
        """Send what is still to be sent, then close."""
        with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(1.0):
                while not (self._unsent.empty() or sender.done()):
                    await asyncio.sleep(0.01)
                await self._websocket.close(*self._close_with.result())

    async def _send_all(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._websocket.send_text(await self._unsent.get())

    async def _receive_all(self, worker: Worker) -> None:
        """Hand pictures and buttons on until the browser goes or does what it must not."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while not self._close_with.done():
                try:
                    async with asyncio.timeout(_SILENT_S):
                        message = await self._websocket.receive()
                except TimeoutError:
                    self._close(_GOING_AWAY, "Nothing came for too long.")
                    break
                if message["type"] == "websocket.disconnect":
                    return
                if not self._may_send_more():
                    self._close(_POLICY, "Too many messages.")
                elif (data := message.get("bytes")) is not None:
                    self._take_bytes(worker, data)
                else:
                    self._take_text(worker, message.get("text") or "")
            await asyncio.Event().wait()  # run() closes and then ends this

    def _take_bytes(self, worker: Worker, data: bytes) -> None:
        if len(data) < HEADER.size:
            return
        now_s = time.perf_counter()
        kind, seq, capture_ms = HEADER.unpack_from(data)
        if len(data) > (MAX_POSE_BYTES if kind == POSE else HEADER.size + _MAX_PICTURE_BYTES):
            self._close(_TOO_BIG, "The message is too large.")
        elif kind == POSE:
            if not is_kept(data):
                self._pacer.arrived(now_s, looked_at=True)
            worker.take_pose(data, now_s)
            if worker.waiting > _MOST_WAITING:
                self._close(_POLICY, "Too many messages.")
        elif self._may_look():
            worker.take(seq, capture_ms, data[HEADER.size :], now_s)

    def _may_look(self) -> bool:
        """Whether this connection's pictures may be looked at, which only so many's can be."""
        if self in _looking:
            return True
        beside = sum(one.address == self.address for one in _looking) if self.address else 0
        if beside >= ADDRESS_LIMIT or len(_looking) >= LIVE_LIMIT:
            with spoken_in(self._tab.setup.language):
                text = _("{n} people are being coached here already; try again in a while.")
                if beside >= ADDRESS_LIMIT:
                    text = _("{n} people are being coached from your address already.")
            text = text.format(n=ADDRESS_LIMIT if beside >= ADDRESS_LIMIT else LIVE_LIMIT)
            self._put(json.dumps({"type": "stopped", "text": text}))
            self._close(_TRY_LATER, text)
            return False
        _looking.add(self)
        return True

    def _take_text(self, worker: Worker, text: str) -> None:
        if len(text) > _MAX_TEXT_CHARS:
            self._close(_TOO_BIG, "The message is too large.")
            return
        with contextlib.suppress(ValueError, RecursionError):
            message = json.loads(text)
            if isinstance(message, dict) and isinstance(message.get("do"), str):
                worker.command(message["do"])

    def _may_send_more(self) -> bool:
        now_s = time.monotonic()
        gained = _MESSAGES_PER_S * (now_s - self._allowance_s)
        self._allowance = min(_BURST, self._allowance + gained) - 1
        self._allowance_s = now_s
        return self._allowance >= 0

    def _put(self, message: str) -> None:
        if self._unsent.qsize() >= _MAX_UNSENT:
            self._close(_GOING_AWAY, "The answers are not being read.")
        else:
            self._unsent.put_nowait(message)

    def _take_answer(self, message: str, wish: dict[str, Any]) -> None:
        now_s = time.perf_counter()
        self._pacer.answered()
        self._wish |= wish
        due_s = self._pacer.due_s(now_s)
        if message and due_s is not None and due_s <= now_s:
            # One message is less work than two.
            message = f'{message[:-1]},"go":{self._request()}}}'
        if message:
            self._put(message)
        self._pace()

    def _be_ready(self) -> None:
        self._ready = True
        self._pace()

    def _mark(self, happened: Callable[[float], None], now_s: float) -> None:
        happened(now_s)
        self._pace()

    def _pace(self) -> None:
        """Ask for the next picture when its time has come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now_s = time.perf_counter()
        while self._ready and (due_s := self._pacer.due_s(now_s)) is not None:
            if due_s > now_s:
                self._timer = self._loop.call_later(due_s - now_s, self._ask)
                return
            self._ask()

    def _ask(self) -> None:
        self._timer = None
        self._put(self._request())

    def _request(self) -> str:
        """A request for the next picture, with what is wished beyond a pose."""
        self._pacer.asked(time.perf_counter())
        wish, self._wish = self._wish, {}
        return json.dumps({"type": "go", **wish}, separators=(",", ":"))


class _Parked:
    """What a lost connection coached, kept for a while in case the tab comes back."""

    def __init__(self, tab: TabSession, run: CoachingRun, resume: str) -> None:
        self._tab = tab
        self._run = run
        self._resume = resume
        self._timer = asyncio.get_running_loop().call_later(RESUME_LIFE_S, self._forget)

    def take(self) -> CoachingRun:
        self._timer.cancel()
        TAB_SESSIONS.revoke(self._resume)
        return self._run

    def _forget(self) -> None:
        TAB_SESSIONS.revoke(self._resume)
        if self._tab.parked is self:
            self._tab.parked = None
        _give_up(self._run)


def _give_up(run: CoachingRun) -> None:
    # It waits for the history, for which the event loop has no time.
    threading.Thread(target=run.give_up, name="formcheck-give-up", daemon=True).start()


def _worker_class() -> type[Worker]:
    from formcheck.web.worker import Worker

    return Worker
