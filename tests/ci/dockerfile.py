"""A Dockerfile, read: stages and their instructions. Only what the pieces in `hooks/` use; all else is an error."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

KNOWN = {"ARG", "CMD", "COPY", "ENV", "RUN", "WORKDIR"}


class DockerfileError(Exception):
    """It cannot be read, or a build of it fails."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word, its options (`--from=build`, `--mount=...`) and what follows them."""

    word: str
    options: tuple[str, ...]
    rest: str

    def option(self, name: str) -> str | None:
        """The value of an option that may stand there once."""
        found = [text.partition("=")[2] for text in self.options if text.startswith(f"--{name}=")]
        return found[0] if found else None

    @property
    def mounts(self) -> list[dict[str, str]]:
        """The mounts of a RUN, each as its settings."""
        texts = [text.removeprefix("--mount=") for text in self.options if text.startswith("--mount=")]
        return [dict(part.split("=", 1) for part in text.split(",")) for text in texts]

    @property
    def words(self) -> list[str]:
        return shlex.split(self.rest)


@dataclass(slots=True)
class Stage:
    """One `FROM`: the image it starts from, its name, and what follows."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)


def read(text: str) -> list[Stage]:
    """The stages of a Dockerfile.

    Raises:
        DockerfileError: something in it is not known here.
    """
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    stages: list[Stage] = []
    for line in filter(None, (line.strip() for line in lines.replace("\\\n", " ").splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found = re.fullmatch(r"(\S+)(?: AS (\w+))?", rest)
            if found is None:
                raise DockerfileError(line)
            stages.append(Stage(found[1], found[2] or ""))
        elif word in KNOWN and stages:
            options = re.match(r"((?:--\S+\s+)*)(.*)", rest.strip())
            assert options
            stages[-1].instructions.append(Instruction(word, tuple(options[1].split()), options[2]))
        else:
            raise DockerfileError(line)
    return stages
