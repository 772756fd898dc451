"""What a phone needs to put the page on its home screen: a manifest, icons, a service worker.

The page itself lives on the server (Streamlit's page is a conversation with it), so that without
it there is nothing to be shown but that. What is kept on the device is what does not change:
the scripts, the moving pictures, and MediaPipe's runtime.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

from formcheck.history.settings import load_settings
from formcheck.language import _, chosen, language, spoken_in
from formcheck.web.assets import FRONTEND, asset_url, scripts, text
from formcheck.web.runtime_route import runtime_path
from formcheck.web.server_path import server_path

if TYPE_CHECKING:
    from starlette.requests import Request

# Somebody deep in a squat, from the side; of the icon the outermost fifth may be cut off.
_ICONS: Final = {int(file.stem): file for file in sorted((FRONTEND / "icons").glob("*.png"))}
_NEW_EACH_TIME: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def installable_routes() -> list[Route]:
    """The routes for st.App."""
    return [
        Route(server_path("install/manifest.json"), _manifest),
        Route(server_path("install/icon-{side:int}.png"), _icon),
        Route(server_path("install/away"), _away),
        # It has power over the addresses below its own.
        Route(server_path("service_worker.js"), _service_worker),
    ]


async def _manifest(_request: Request) -> Response:
    icons = [
        {
            "src": server_path(f"install/icon-{side}.png"),
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": purpose,
        }
        for side in _ICONS
        for purpose in ("any", "maskable")
    ]
    manifest = {
        "name": "formcheck",
        "short_name": "formcheck",
        "id": server_path(""),
        "start_url": server_path(""),
        "scope": server_path(""),
        "display": "standalone",
        "background_color": "#fbf9f4",
        "theme_color": "#0b6b5d",
        "icons": icons,
    }
    media_type = "application/manifest+json"
    return Response(json.dumps(manifest), media_type=media_type, headers=_NEW_EACH_TIME)


async def _icon(request: Request) -> Response:
    file = _ICONS.get(request.path_params["side"])
    if file is None:
        return Response(status_code=404)
    return Response(file.read_bytes(), media_type="image/png", headers=_NEW_EACH_TIME)


async def _away(request: Request) -> Response:
    """The page that is shown when the server cannot be reached."""
    wishes = request.headers.get("accept-language", "").split(",")
    page, style = text("away.html"), text("away.css")
    with spoken_in(load_settings().language or chosen(wishes)):
        page = re.sub(r">([^<>]*\S[^<>]*)<", lambda words: f">{_(words[1])}<", page)
        page = page.replace('lang="en"', f'lang="{language()}"')
    page = page.replace("<style>", f"<style>{style}")
    return Response(page, media_type="text/html", headers=_NEW_EACH_TIME)


async def _service_worker(_request: Request) -> Response:
    kept = {
        "version": asset_url("").rstrip("/").rpartition("/")[2],
        "away": server_path("install/away"),
        "first": [asset_url(name) for name in scripts()],
        "forGood": [asset_url(""), f"{runtime_path()}/"],
    }
    script = f"self.KEPT = {json.dumps(kept)};\n{text('service_worker.js')}"
    return Response(script, media_type="text/javascript", headers=_NEW_EACH_TIME)
