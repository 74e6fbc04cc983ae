"""A machine with settings files in a temporary folder: organisation, user, project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slopguard.config import Places, Settings, load
from slopguard.config.places import FILE_NAME, read_toml, table_digest


class Machine:
    """Writes settings files and loads them as a command in the project folder would."""

    def __init__(self, root: Path) -> None:
        self.account = root / "home"
        self.project = root / "home" / "work" / "project"
        self.where = Places(
            root / "etc" / FILE_NAME, self.account / ".config" / "slopguard", root / "data", self.account
        )
        for folder in (self.project / ".git", self.where.user, self.where.organisation.parent):
            folder.mkdir(parents=True)
        for folder in (self.project, self.where.user):
            (folder / "own.cedar").write_text("// a policy")

    def organisation(self, text: str) -> Machine:
        self.where.organisation.write_text(text)
        return self

    def user(self, text: str) -> Machine:
        (self.where.user / FILE_NAME).write_text(text)
        return self

    def in_project(self, text: str, name: str = FILE_NAME) -> Machine:
        (self.project / name).parent.mkdir(parents=True, exist_ok=True)
        (self.project / name).write_text(text)
        return self

    def accept(self, name: str = FILE_NAME) -> Machine:
        path = self.project / name
        digest = table_digest(read_toml(path) or {}, path.parent)
        (self.where.user / "accepted.toml").write_text(f'[files]\n"{path}" = "{digest}"\n')
        return self

    def load(
        self, env: Mapping[str, str] | None = None, config: Path | None = None, cwd: Path | None = None, **flags: bool
    ) -> Settings:
        return load(cwd or self.project, env or {}, flags, config, where=self.where, terminal=True)
