"""Serves the files of a recording to the page that made them, in parts where asked for.

A file is found only by its token, which nobody can guess and which is given out once, in
the page of the tab it belongs to. Nothing else on the disk can be named.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import Route

from formcheck.web.server_path import server_path

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


_PREFIX: Final = "recordings"
_TYPES: Final = {
    ".mp4": "video/mp4",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}
_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class MediaRegistry:
    """Files that may be fetched, by token. Thread-safe, as each step on a dict is."""

    def __init__(self) -> None:
        self._files: dict[str, Path] = {}

    def add(self, file: Path) -> str:
        """Let a file be fetched; returns its token.

        Letters and digits alone: its beginning names widgets, and Streamlit refuses a component
        whose key holds two underscores in a row.
        """
        token = secrets.token_hex(32)
        self._files[token] = file
        return token

    def remove(self, token: str) -> None:
        """Let it be fetched no longer; unknown tokens are ignored."""
        self._files.pop(token, None)

    def find(self, token: str) -> Path | None:
        """The file with this token, None when there is none (any more)."""
        return self._files.get(token)


MEDIA: Final = MediaRegistry()


def url(token: str, name: str, *, download: bool = False) -> str:
    """Where the browser finds a file, under the name it is to be saved by."""
    query = "?download" if download else ""
    return server_path(f"{_PREFIX}/{token}/{quote(name, safe='')}") + query


def media_routes() -> list[Route]:
    """The routes for st.App."""
    return [Route(server_path(f"{_PREFIX}/{{token}}/{{name}}"), _serve, methods=["GET", "HEAD"])]


async def _serve(request: Request) -> Response:
    file = MEDIA.find(request.path_params["token"])
    if file is None or not file.is_file():
        return PlainTextResponse("This recording is not kept any more.", 404, _HEADERS)
    download = "download" in request.query_params
    return FileResponse(
        file,
        media_type=_TYPES.get(file.suffix, "application/octet-stream"),
        filename=request.path_params["name"] if download else None,
        headers=_HEADERS,
    )
