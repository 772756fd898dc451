"""formcheck app: the pages in the browser."""

from __future__ import annotations

import argparse
import contextlib

from formcheck.cli.common import BAD_INPUT, OK, USAGE, Failure
from formcheck.language import _


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Serves the pages on this computer and opens them in the browser: the coach "
        "with the webcam, and the analysis of a recorded video. Ctrl-C ends it."
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help="default: 8501, or the next one that is free"
    )
    parser.add_argument(
        "--host",
        default="localhost",
        metavar="ADDRESS",
        help="serve others, too: 0.0.0.0 (their browsers give the camera only over HTTPS)",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.set_defaults(run=_app)


def _app(args: argparse.Namespace) -> int:
    try:
        from formcheck.web.launch import serve
    except ModuleNotFoundError as error:
        raise Failure(
            _("The pages need {name}, which is not installed: pip install streamlit").format(
                name=error.name
            ),
            BAD_INPUT,
        ) from None
    if args.port is not None and not 1 <= args.port <= 65535:
        raise Failure(
            _("A port is a number from 1 to 65535, not {port}.").format(port=args.port), USAGE
        )
    # Ctrl-C is the usual end of a server.
    with contextlib.suppress(KeyboardInterrupt):
        serve(host=args.host, port=args.port, browser=not args.no_browser)
    return OK
