"""formcheck doctor: what a bug report needs."""

from __future__ import annotations

import argparse
import sys

from formcheck.cli.common import BAD_INPUT, OK
from formcheck.language import language, spoken_in


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Shows what a bug report needs: versions, the model, cameras, codecs, and "
        "where files can be written."
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    from formcheck.cli.diagnosis import examine, print_findings

    # A program reads the same words everywhere.
    with spoken_in("en" if args.json else language()):
        findings = examine()
    if args.json:
        import json

        print(json.dumps(findings, indent=2, ensure_ascii=False))
    else:
        print_findings(findings, sys.stdout)
    return BAD_INPUT if findings["problems"] else OK
