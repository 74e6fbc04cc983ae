"""`slopguard check`: every dependency that is written down below a folder, judged."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from slopguard.check.model import Checked
from slopguard.cli.app import config_of
from slopguard.errors import EnvironmentFailed, UsageError

FORMATS = ("text", "json", "sarif", "markdown", "github", "gitlab", "junit")
_ENDINGS = {".json": "json", ".sarif": "sarif", ".md": "markdown", ".xml": "junit", ".txt": "text"}


@click.command(epilog="Example: slopguard check --diff origin/main -o report.sarif")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH ...]")
@click.option("--format", "form", type=click.Choice(FORMATS), help="What the report is for; in GitHub Actions: github.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the report there, and the text to the log."
)
@click.option("--offline", is_flag=True, help="Ask no index.")
@click.option("--fail-on", type=click.Choice(["quarantine", "warn"]), default="quarantine", help="What ends in 3.")
@click.option("--new-only", is_flag=True, help="Judge only what is new since the branch was begun.")
@click.option("--diff", metavar="REV", help="Judge only what is new since this revision.")
@click.option("--all", "everything", is_flag=True, help="Judge all of it, in a pull request too.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave these files out; from the repository's root.")
@click.option("--installed", is_flag=True, help="Judge what is installed here too: the environment and node_modules.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def check(
    ctx: click.Context,
    paths: tuple[Path, ...],
    form: str | None,
    output: Path | None,
    offline: bool,
    fail_on: str,
    new_only: bool,
    diff: str | None,
    everything: bool,
    exclude: tuple[str, ...],
    installed: bool,
    config: Path | None,
) -> int:
    """Every dependency that is written down below PATH (this folder by default), judged; for CI and for pre-commit.

    In a pull request: only what it adds, by the settings of its base. Nothing that is read is run.
    """
    if everything and (new_only or diff):
        raise UsageError("--all goes with neither --new-only nor --diff", "Leave one of them out")
    from slopguard.cli.checking import Wanted, check

    done = check(
        Wanted(
            paths=paths or (Path(),),
            offline=offline,
            diff=diff,
            new_only=new_only,
            everything=everything,
            exclude=exclude,
            installed=installed,
            config=config_of(ctx, config),
            command=_line(ctx),
        )
    )
    code = done.exit_code(fail_on_warn=fail_on == "warn")
    _show(done, form or _form(output), output, code)
    return code


def _line(ctx: click.Context) -> str:
    """The command line, for the ledger."""
    return shlex.join(["slopguard", *sys.argv[1:]]) if sys.argv[1:2] == ["check"] else ctx.command_path


def _form(output: Path | None) -> str:
    """The format that is meant where none is named: the file's, or that of the CI that this is."""
    if output is not None:
        known = _ENDINGS.get(output.suffix.lower())
        if known is None:
            raise UsageError(
                "the name of the output file does not say its format", "Add --format, or call it report.json"
            )
        return "gitlab" if known == "json" and os.environ.get("GITLAB_CI") else known
    from slopguard.cli.check_output import form_of_log

    return form_of_log(os.environ)


def _show(done: Checked, form: str, output: Path | None, code: int) -> None:
    from slopguard.cli import check_output

    try:
        check_output.show(done, form, output, code)
    except OSError:
        raise EnvironmentFailed("the report could not be written", "Check the path after -o") from None
