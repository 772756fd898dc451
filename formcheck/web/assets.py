"""What the browser fetches from our own server: the pages' JavaScript, and moving pictures.

Streamlit hands the browser one text for a component. That text only imports the component's
first module from here, which imports the others as ES modules do.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from formcheck.web.server_path import server_path

if TYPE_CHECKING:
    from starlette.requests import Request


# A worker's script brings its own policy: the page's does not reach into it. MediaPipe's runtime
# would send how it is used to its maker.
_WORKERS_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
    )
}

FRONTEND: Final = Path(__file__).parent / "frontend"
# Not what the system takes .js for: some browsers run nothing else.
_TYPES: Final = {".js": "text/javascript", ".webp": "image/webp"}
_FILES: Final = {
    file.relative_to(FRONTEND).as_posix(): file.read_bytes()
    for file in sorted(FRONTEND.rglob("*"))
    if file.suffix in _TYPES
}
# Part of every address: a browser may keep what it has, and never mixes two versions.
_FOLDER: Final = f"assets/{hashlib.sha256(b''.join(_FILES.values())).hexdigest()[:16]}"
#: Headers of what never changes under its address.
KEPT_FOR_GOOD: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def assets(folder: str) -> list[str]:
    """The names of what there is in a folder ("loops"): "loops/squat.webp"."""
    return [name for name in _FILES if name.startswith(f"{folder}/")]


def scripts() -> list[str]:
    """The names of the pages' scripts."""
    return [name for name in _FILES if name.endswith(".js")]


def asset_url(name: str) -> str:
    """Where the browser finds it."""
    return server_path(f"{_FOLDER}/{name}")


def loader(module: str) -> str:
    """The text for Streamlit that loads a component's first module ("coach/coach.js")."""
    # A whole address, for what Streamlit makes of the text lies nowhere on a server.
    return (
        f'const loaded = await import(new URL("{asset_url(module)}", location.origin).href);\n'
        "export default loaded.default;\n"
    )


def text(name: str) -> str:
    """What is in a file of the frontend."""
    return (FRONTEND / name).read_text(encoding="utf-8")


def asset_routes() -> list[Route]:
    """The routes for st.App."""
    return [Route(asset_url("{name:path}"), _serve, methods=["GET", "HEAD"])]


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _FILES:
        return PlainTextResponse("There is no such file.", 404)
    headers = KEPT_FOR_GOOD | (_WORKERS_POLICY if name.endswith("_worker.js") else {})
    return Response(_FILES[name], media_type=_TYPES[Path(name).suffix], headers=headers)
