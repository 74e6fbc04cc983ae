"""`slopguard check`: every dependency that is written down below a folder, judged."""

from __future__ import annotations

from pathlib import Path

import click

from slopguard.cli.app import config_of

FORMATS = ("text", "json", "sarif", "markdown", "github", "gitlab", "junit")


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
    from slopguard.cli.check_line import Line, answer, typed
    from slopguard.cli.checking import Wanted

    wanted = Wanted(
        paths=paths or (Path(),),
        offline=offline,
        diff=diff,
        new_only=new_only,
        everything=everything,
        exclude=exclude,
        installed=installed,
        config=config_of(ctx, config),
        command=typed(),
    )
    return answer(Line(wanted, form, output, fail_on))
