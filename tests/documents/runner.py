"""Runs what a document shows: its commands, as the people it names, each at a terminal of a machine of their own.

Blocks fenced as `console` are run, in order. In them

* `ana$ COMMAND` is typed by ana; a line that ends with a backslash goes on; `# ends with 3` says how it ends, else 0;
* a line that ends with `: ******` is a question for her passphrase, one with `Type yes: yes` a question, answered;
* every other line is something that the command prints; `...` stands for anything. It must be there.

A machine called `ci` has no terminal, and holds the newest `ci.pem` that somebody made as its secret
`LISTS_CI_KEY`. Addresses of documents become places of this run: `https://lists.example/` the
folder that is published, `https://git.example/` the git repositories, and the package indexes are simulated ones.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulators.person import Script, typed
from tests.simulators.pypi import PyPI

BIN = Path(sys.executable).parent
_PROMPT = re.compile(r"(\w+)\$ (.+)")
_ENDS = re.compile(r"\s+# ends with (\d+)$")
SECRET, YES = ": ******", "Type yes: yes"


@dataclass(slots=True)
class Step:
    """One command of a document.

    Args:
        line: where it stands, 1-based.
        who: whose machine it is typed at.
        code: what it must end with.
        shown: what follows it in the document.
    """

    line: int
    who: str
    command: str
    code: int
    shown: list[str] = field(default_factory=list)

    def script(self, passphrase: str) -> Script:
        """The questions that the document shows, with their answers."""
        found = []
        for text in self.shown:
            if text.endswith(SECRET):
                found.append((text.removesuffix("******").rstrip(), passphrase))
            elif text.endswith(YES):
                found.append(("Type yes: ", "yes"))
        return found

    @property
    def printed(self) -> list[str]:
        """The lines that the command must print."""
        return [text for text in self.shown if text.strip() and not text.endswith((SECRET, YES))]


def steps(text: str) -> Iterator[Step]:
    """The commands of a document, in order."""
    inside, step = False, None
    for number, line in enumerate(text.replace("\\\n", " \0").split("\n"), 1):
        if line.startswith("```"):
            inside = line == "```console"
            if step is not None:
                yield step
            step = None
        elif inside and (found := _PROMPT.fullmatch(line)):
            if step is not None:
                yield step
            ends = _ENDS.search(found[2])
            command = re.sub(r" \0\s*", " ", _ENDS.sub("", found[2]))
            step = Step(number, found[1], command, int(ends[1]) if ends else 0)
        elif inside and step is not None:
            step.shown.append(line)


class Machines:
    """The machines of one document.

    Args:
        root: an empty folder.
        index: the package index that every machine's pip is configured for.
    """

    def __init__(self, root: Path, index: PyPI) -> None:
        self.root, self.index = root, index
        self.site, self.git = root / "site", root / "git"
        self.site.mkdir(parents=True)
        self.git.mkdir()
        self._places: dict[str, Path] = {}

    def run(self, step: Step) -> str:
        """Run one command, and claim that it does what the document says; gives what it printed."""
        env = self._env(step.who)
        told = self._here(step.command)
        script = f"cd {self._places[step.who]!s} && {{ {told}\n}}; code=$?; pwd > {self.root}/where; exit $code"
        argv = ["/bin/bash", "-c", script]
        if step.who == "ci":
            done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            code, out = done.returncode, done.stdout + done.stderr
        else:
            code, out = typed(argv, env, self.root, script=step.script(f"{step.who} opens the safe"))
        self._places[step.who] = Path((self.root / "where").read_text().strip())
        story = f"line {step.line}: {step.who}$ {step.command}\n{out}\n-- ended with {code}"
        assert code == step.code, story
        missing = [line for line in step.printed if not re.search(self._pattern(line), out)]
        assert not missing, f"{missing}\nis not what it printed:\n{story}"
        return out

    def _pattern(self, line: str) -> str:
        return ".*".join(re.escape(self._here(part)) for part in line.strip().split("..."))

    def _here(self, text: str) -> str:
        """The text with the document's addresses made places of this run."""
        text = text.replace("https://lists.example", self.site.as_uri())
        return text.replace("https://git.example", str(self.git)).replace("/srv/lists", str(self.site))

    def _env(self, who: str) -> dict[str, str]:
        home = self.root / "machines" / who
        if who not in self._places:
            (home / ".config" / "pip").mkdir(parents=True)
            (home / ".config" / "pip" / "pip.conf").write_text(f"[global]\nindex-url = {self.index.url}\n")
            name = f"[user]\nname = {who}\nemail = {who}@acme.example\n"
            (home / ".gitconfig").write_text(f"{name}[init]\ndefaultBranch = main\n")
            self._places[who] = home
        kept = {key: value for key, value in os.environ.items() if key.startswith(("COVERAGE_", "COV_CORE_"))}
        machine = {"CI": "true", "LISTS_CI_KEY": self._secret()} if who == "ci" else {}
        return kept | machine | {"HOME": str(home), "PATH": f"{BIN}:/usr/bin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1"}

    def _secret(self) -> str:
        made = sorted(self.root.glob("machines/*/ci.pem"), key=lambda path: path.stat().st_mtime)
        return made[-1].read_text() if made else ""
