"""What the browser is told about our pages: that they ask no other server for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _AsksOnlyUs:
    """Every page comes with a policy by which its scripts can reach this server alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Content-Security-Policy"] = policy(Headers(scope=scope)["host"])
            await send(message)

        await self._app(scope, receive, sent if scope["type"] == "http" else send)


def policy(host: str) -> str:
    """The header's value for the pages of this host."""
    # Not every browser counts a WebSocket of one's own host as one's own.
    ours = ("'self'", "blob:", "data:", f"ws://{host}", f"wss://{host}")
    return " ".join(("connect-src", *ours))


def middleware() -> list[Middleware]:
    """For st.App."""
    return [Middleware(_AsksOnlyUs)]
