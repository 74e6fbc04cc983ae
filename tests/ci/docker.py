"""`docker build` without Docker: the stages of a Dockerfile as folders, their RUN lines by `sh -c`.

    python -m tests.ci.docker build --network=host --secret id=X,env=X -t app -f Dockerfile FOLDER

What BuildKit promises and these tests rely on: a stage starts from nothing but its image; only COPY brings files in; a
RUN line sees the image's environment and build arguments and nothing of the caller's; a secret is there while one line
runs, and in no file afterwards; `docker history` shows the lines of the last stage with the values of build arguments.
What is not the same here: RUN lines see this machine's system folders, absolute paths lie below the stage's folder
(`PLACES`), and the network is this machine's with any `--network`.

Variables: `EMULATED` is a folder with `images.json` (where pip, Node and a home with their settings are); the image
goes into it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from tests.ci.dockerfile import DockerfileError, Instruction, Stage, read
from tests.simulators.clients import Client, fresh_venv, makes_environments
from tests.simulators.sandbox import PASSED_ON

PLACES = ("opt", "srv", "root", "run/secrets", "usr/local")
"""Folders of an image, which lie below its stage's folder here."""
_ABSOLUTE = re.compile(rf"(?<![\w./~-])/(?=(?:{'|'.join(PLACES)})\b)")


@dataclass(slots=True)
class Told:
    """What the command line says."""

    arguments: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    network: str = ""
    file: str = "Dockerfile"
    context: Path = Path()


def told(argv: Sequence[str], env: Mapping[str, str]) -> Told:
    """The options of `docker build`, in the forms that the recipes use."""
    found, words = Told(), list(argv)
    while words:
        word = words.pop(0)
        if word.startswith("--network="):
            found.network = word.partition("=")[2]
        elif word == "--build-arg":
            name, given, value = words.pop(0).partition("=")
            if given or name in env:
                found.arguments[name] = value if given else env[name]
        elif word == "--secret":
            about = dict(part.split("=", 1) for part in words.pop(0).split(","))
            found.secrets[about["id"]] = env[about["env"]] if "env" in about else Path(about["src"]).read_text()
        elif word in ("-t", "-f"):
            value = words.pop(0)
            found.file = value if word == "-f" else found.file
        else:
            assert not word.startswith("-"), word
            found.context = Path(word)
    return found


class Build:
    """One build.

    Args:
        folder: `EMULATED`.
    """

    def __init__(self, folder: Path, options: Told) -> None:
        self.folder, self.options = folder, options
        self.images = json.loads((folder / "images.json").read_text())
        self.stages: dict[str, Path] = {}

    def run(self) -> None:
        """Build all stages, and leave the last one as `image`, with its environment and history in `image.json`.

        What an earlier build left is gone.

        Raises:
            DockerfileError: a step fails.
        """
        for left in (*self.folder.glob("stage*"), self.folder / "image"):
            shutil.rmtree(left, ignore_errors=True)
        for number, stage in enumerate(read(Path(self.options.file).read_text())):
            made = Made(self, self.folder / f"stage{number}", stage)
            made.run()
            self.stages[stage.name or str(number)] = made.root
        made.root.rename(self.folder / "image")
        about = {"env": made.env, "history": made.history, "secrets": self.options.secrets, "command": made.command}
        about |= {"network": self.options.network, "arguments": self.options.arguments, "stage": str(made.root)}
        (self.folder / "image.json").write_text(json.dumps(about))


class Made:
    """One stage while it is made."""

    def __init__(self, build: Build, root: Path, stage: Stage) -> None:
        self.build, self.root, self.stage = build, root, stage
        self.history: list[str] = []
        self.command = ""
        self.arguments: dict[str, str] = {}
        for place in (*PLACES, "usr/local/bin"):
            (root / place).mkdir(parents=True, exist_ok=True)
        self.work = root / "root"
        self.env = {"PATH": f"{root / 'usr/local/bin'}:/usr/bin:/bin"}
        if stage.base:
            self._base(stage.base)

    def _base(self, image: str) -> None:
        """What the image brings: Python with pip, or Node with npm; simulated registries as the built-in ones."""
        local, kind = self.root / "usr" / "local", image.partition(":")[0]
        shutil.copytree(self.build.images["settings"], self.root / "root", dirs_exist_ok=True)
        if kind == "python":
            fresh_venv(local, Client("pip", "newest", Path(self.build.images["pip"])))
            makes_environments(local, Path(self.build.images["ready"]))
            return
        assert kind == "node", image
        (local / "lib" / "node_modules").mkdir(parents=True)
        bin_folder = Path(self.build.images["npm"])
        (local / "bin" / "node").symlink_to(os.path.realpath(bin_folder / "node"))
        (local / "lib" / "node_modules" / "npm").symlink_to(bin_folder.parent / "lib" / "node_modules" / "npm")
        (local / "bin" / "npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")

    def run(self) -> None:
        """Carry out the instructions."""
        for one in self.stage.instructions:
            getattr(self, f"_{one.word.lower()}")(one)

    def here(self, text: str) -> str:
        """The text with absolute paths of the image made paths of this machine."""
        return _ABSOLUTE.sub(f"{self.root}/", text)

    def _workdir(self, one: Instruction) -> None:
        self.work = Path(self.here(one.rest))
        self.work.mkdir(parents=True, exist_ok=True)

    def _env(self, one: Instruction) -> None:
        pairs = [word.split("=", 1) for word in one.words]
        self.env |= {name: Template(self.here(value)).substitute(self.env) for name, value in pairs}

    def _arg(self, one: Instruction) -> None:
        name = one.rest.partition("=")[0]
        if name in self.build.options.arguments:
            self.arguments[name] = self.build.options.arguments[name]

    def _cmd(self, one: Instruction) -> None:
        self.command = " ".join(json.loads(one.rest))

    def _copy(self, one: Instruction) -> None:
        *sources, target = one.words
        origin = one.option("from")
        place = self.work / self.here(target)
        for source in sources:
            base = self.build.stages[origin] if origin else self.build.options.context
            found = base / source.lstrip("/")
            if found.is_dir():
                shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True)
            elif target.endswith("/"):
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, place / found.name, follow_symlinks=bool(not origin))
            else:
                shutil.copy2(found, place, follow_symlinks=bool(not origin))

    def _run(self, one: Instruction) -> None:
        env = {**self.env, **self.arguments, "HOME": str(self.root / "root")}
        leave = [self._mounted(mount, env) for mount in one.mounts]
        given = " ".join([f"|{len(self.arguments)}", *(f"{k}={v}" for k, v in self.arguments.items())])
        self.history.append(f"RUN {given if self.arguments else ''} /bin/sh -c {one.rest}")
        kept = {key: value for key, value in os.environ.items() if key.startswith(PASSED_ON)}
        done = subprocess.run(
            ["/bin/sh", "-c", self.here(one.rest)], cwd=self.work, env=kept | env, stdin=subprocess.DEVNULL
        )
        for place in filter(None, leave):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        if done.returncode:
            raise DockerfileError(f'process "/bin/sh -c {one.rest}" did not complete: exit code: {done.returncode}')

    def _mounted(self, mount: Mapping[str, str], env: dict[str, str]) -> Path | None:
        """Put a mount in its place; gives what must be gone afterwards."""
        if mount["type"] == "tmpfs":
            place = Path(self.here(mount["target"]))
            place.mkdir()
            return place
        assert mount["type"] == "secret", mount
        value = self.build.options.secrets.get(mount["id"])
        if value is None:
            if mount.get("required") == "true":
                raise DockerfileError(f"secret {mount['id']}: not found")
            return None
        if "env" in mount:
            env[mount["env"]] = value
            return None
        place = self.root / "run" / "secrets" / mount["id"]
        place.write_text(value)
        return place


def main(argv: Sequence[str]) -> int:
    """`docker build ...`; its exit code is 1 whatever a line ended with, as BuildKit's is."""
    assert argv[0] == "build", argv
    try:
        Build(Path(os.environ["EMULATED"]), told(argv[1:], os.environ)).run()
    except DockerfileError as why:
        sys.stderr.write(f"ERROR: failed to solve: {why}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
