#!/usr/bin/env python3
"""The entry point that the public tuf-conformance suite drives; see README.md beside it.

It is the client that `slopguard lists sync` uses: `slopguard.lists.fetch.updater` over `slopguard.lists.fetch.Fetcher`,
with failures put into words by `slopguard.lists.download.failure`. Only where the first root comes from differs: the
suite has no pinned digest, so `init` puts it into the folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tuf.api.exceptions import DownloadError, RepositoryError

from slopguard.errors import SlopguardError
from slopguard.lists.download import failure
from slopguard.lists.fetch import Fetcher, updater

TIMEOUT = 10.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command of the suite; 0 if it succeeded, else 1."""
    options = _parser().parse_args(argv)
    try:
        if options.command == "init":
            shutil.copyfile(options.root, options.metadata_dir / "root.json")
        else:
            _run(options)
    except (DownloadError, RepositoryError, OSError, ValueError, SlopguardError) as why:
        error = failure(why, options.metadata_url or "")
        sys.stderr.write(f"{error.diagnosis()} [{type(why).__name__}: {why}]\n")
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    with Fetcher(TIMEOUT) as fetcher:
        client = updater(
            fetcher, options.metadata_url, options.metadata_dir, None, options.target_base_url, options.target_dir
        )
        client.refresh()
        for name in options.target_name or ():
            info = client.get_targetinfo(name)
            if info is None:
                raise RepositoryError("no such target")
            if client.find_cached_target(info) is None:
                client.download_target(info)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The TUF client of slopguard, for tuf-conformance.")
    parser.add_argument("--metadata-url")
    parser.add_argument("--metadata-dir", type=Path, required=True)
    parser.add_argument("--target-name", action="append")
    parser.add_argument("--target-base-url")
    parser.add_argument("--target-dir", type=Path)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init").add_argument("root", type=Path)
    commands.add_parser("refresh")
    commands.add_parser("download")
    return parser


if __name__ == "__main__":
    sys.exit(main())
