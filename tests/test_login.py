"""Logging in with a real provider of OpenID Connect: each person has a history of their own."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from test_web_socket import play, run

from benchmarks.live_client import CLIP, Clip, Page, Server, connect
from formcheck.history import History

provider_mock = pytest.importorskip("oidc_provider_mock")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose people log in at a provider on this computer."""
    settings = tmp_path_factory.mktemp("login") / "secrets.toml"
    with pytest.MonkeyPatch.context() as patch, provider_mock.run_server_in_thread() as provider:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        patch.delenv("FORMCHECK_DATABASE", raising=False)
        running = Server(
            *("streamlit", "run", "app.py", "--secrets.files", str(settings)),
            *("--server.headless", "true", "--server.port"),
        )
        settings.write_text(
            f"""[auth]
redirect_uri = "{running.url}/oauth2callback"
cookie_secret = "{secrets.token_hex()}"
client_id = "formcheck"
client_secret = "secret"
server_metadata_url = "http://localhost:{provider.server_port}/.well-known/openid-configuration"
"""
        )
        with running:
            yield running


async def log_in(server: Server, who: str) -> str:
    """As a browser does it; returns its cookies."""
    async with Page(server) as page:
        assert not page.errors and "token" not in page.data
        await page.rerun(press="log in")
        assert page.sent_to.startswith("/auth/login")

    def by_http() -> str:
        with requests.Session() as browser:
            browser.get(f"{server.url}/_stcore/health")
            asked = browser.get(server.url + page.sent_to)
            assert asked.ok and server.url not in asked.url
            done = browser.post(asked.url, data={"sub": who})
            assert done.ok and done.url.startswith(server.url)
            return "; ".join(f"{c.name}={c.value}" for c in browser.cookies)

    return await asyncio.to_thread(by_http)


def sets(server: Server) -> dict[Path, int]:
    """How many sets each history has, by its file."""
    return {f: History(f"sqlite:///{f}").count_sets() for f in server.data.rglob("history.db")}


def test_each_who_logs_in_has_a_history_of_their_own(server: Server) -> None:
    clip = Clip.of(CLIP)

    async def test() -> None:
        ann, bob = await log_in(server, "ann"), await log_in(server, "bob")
        assert not sets(server)
        async with Page(server, ann) as page, connect(server, page.data, cookie=ann) as live:
            assert not page.errors
            await live.until("go")
            await live.do("start")
            await play(live, clip, range(0, 130, 2))
            await live.do("end")
            await live.until("finished")
            # What a click does happens before the page's script.
            await page.rerun(press="add")
        async with Page(server, bob) as page:
            assert not page.errors and page.data["token"]
        of_ann, of_bob = sorted(sets(server).items(), key=lambda one: -one[1])
        assert (of_ann[1], of_bob[1]) == (1, 0)
        for file in (of_ann[0], of_bob[0]):
            assert file.parent.parent == server.data / "people"
        # How fast the computer is may be there for all, and nothing else.
        settings = server.data.parent / "config" / "settings.json"
        assert not settings.exists() or not json.loads(settings.read_text())["profile"]

    run(test)
