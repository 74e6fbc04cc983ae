"""What a served gate was started with, as its worker processes are told it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from slopguard import config
from slopguard.config import Settings

TOKENS = "serve.tokens"
"""The token file in `SLOPGUARD_HOME`, unless somebody names another."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, understood and checked.

    Args:
        tokens: the token file; `""` where anybody on this machine may come.
        workers: how many processes answer.
        tls: certificate and key; empty where it speaks plain HTTP.
        behind_tls: something in front of it speaks TLS.
        host_names: further values of `Host` that are answered.
        config: `--config FILE`, absolute.
        form: `json` or `text`, for the log.
        grace: seconds that a stop waits for downloads under way.
        clients: how pip and npm are started, for their own configuration; without those that are not installed.
    """

    tokens: str = ""
    workers: int = 1
    tls: tuple[str, str] | None = None
    behind_tls: bool = False
    host_names: tuple[str, ...] = ()
    config: str = ""
    form: str = "json"
    grace: float = 30.0
    clients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def config_file(self) -> Path | None:
        """`--config FILE`."""
        return Path(self.config) if self.config else None


@dataclass(frozen=True, slots=True)
class Orders:
    """What one worker process is told.

    Args:
        number: which one it is.
        listening: the number of the socket that it inherited.
        port: where that listens.
        run: the folder that the workers of this server share.
    """

    options: Options
    number: int
    listening: int
    port: int
    run: str

    def line(self) -> bytes:
        """The orders as one line."""
        return msgspec.json.encode(self) + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Orders:
        """The orders that a line holds."""
        return msgspec.json.decode(line, type=cls)


def settings_of(options: Options, env: Mapping[str, str]) -> Settings:
    """The settings of a server: the organisation's, the account's, `--config`; no project's, wherever it was started.

    Raises:
        ConfigError: a file is malformed, or would loosen.
    """
    return config.load(Path("/"), env, None, options.config_file, terminal=False)


def usual_tokens(options: Options, env: Mapping[str, str]) -> Path:
    """Where the tokens are kept unless somebody says otherwise.

    Raises:
        ConfigError: the settings cannot be read.
    """
    return settings_of(options, env).home / TOKENS
