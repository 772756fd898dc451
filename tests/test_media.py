"""Files that the page for recorded videos serves, and what they are called."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette

from formcheck.web.media import MEDIA, media_routes, url


def fetch(target: str, span: str = "") -> tuple[int, dict[str, str], bytes]:
    """GET from our routes: (status, headers, body)."""
    path, _, query = target.partition("?")
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"range", span.encode())] if span else [],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("localhost", 80),
    }

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # nobody hangs up
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Starlette(routes=media_routes())(scope, receive, send))
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])


def test_a_part_of_a_video_is_served_as_asked(tmp_path: Path) -> None:
    file = tmp_path / "annotated.mp4"
    file.write_bytes(bytes(range(256)) * 40)
    token = MEDIA.add(file)
    status, headers, body = fetch(url(token, "a.mp4"))
    assert status == 200 and headers["content-type"] == "video/mp4" and len(body) == 10240
    assert headers["accept-ranges"] == "bytes" and "no-store" in headers["cache-control"]
    status, headers, body = fetch(url(token, "a.mp4"), "bytes=256-511")
    assert status == 206 and body == bytes(range(256))
    assert headers["content-range"] == "bytes 256-511/10240"
    _, headers, _ = fetch(url(token, "my clip.mp4", download=True))
    assert headers["content-disposition"].startswith("attachment")
    assert "my%20clip.mp4" in headers["content-disposition"]
    MEDIA.remove(token)
    assert fetch(url(token, "a.mp4"))[0] == 404


@pytest.mark.parametrize(
    "path", ["/recordings/x/a.mp4", "/recordings/../a.mp4", "/recordings/%2e%2e/%2fetc%2fpasswd"]
)
def test_nothing_else_can_be_named(path: str) -> None:
    assert fetch(path)[0] == 404


def test_tokens_cannot_be_guessed(tmp_path: Path) -> None:
    tokens = {MEDIA.add(tmp_path / "a.mp4") for _ in range(50)}
    assert len(tokens) == 50 and min(map(len, tokens)) >= 40
    for token in tokens:
        MEDIA.remove(token)


def test_what_names_a_page_s_widgets_is_taken_by_streamlit(tmp_path: Path) -> None:
    # The component of a report is named after the token of its video, and Streamlit refuses a
    # name with two underscores in a row: one token in eighty had them.
    tokens = [MEDIA.add(tmp_path / "never-there.mp4") for _ in range(300)]
    for token in tokens:
        MEDIA.remove(token)
    assert all(token.isalnum() for token in tokens)
