"""People who curate lists, at one terminal: a repository of lists, begun or published, and a signature in one call."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from slopguard.signing.keys import PublicKey
from tests.cli.program import Ended, Program
from tests.cli.terminal import at_a_terminal, user_folder
from tests.simulators.keys import PASSPHRASE, give, made, signer

FLASK = '[allow.pypi.flask]\nversions = ">=3,<4"\nreason = "web"\n'
ASKED = "Passphrase of key 'ana': "


@pytest.fixture
def secret(slopguard: Program) -> str:
    """Where the CI key is, as `--ci-key` takes it."""
    return ci_key(slopguard)


def ci_key(slopguard: Program) -> str:
    return f"file:{slopguard.write('ci.pem', pem('ci'))}"


def pem(name: str) -> str:
    """The private half of a key without a passphrase."""
    return made(name)[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public(slopguard: Program, *names: str) -> list[str]:
    """Files with public keys, as their owners hand them over."""
    return [str(slopguard.write(f"{name}.json", PublicKey(name, signer(name).public_key).to_json())) for name in names]


def init(slopguard: Program, *more: str, people: tuple[str, ...] = ("ana", "ben", "cem")) -> Ended:
    keys = [word for path in public(slopguard, *people) for word in ("--key", path)]
    ci = public(slopguard, "ci")[0]
    count = str(len(people))
    return slopguard("lists", "init", "lists", "--name", "acme", "--people", count, *keys, "--ci-key", ci, *more)


@pytest.fixture
def lists(slopguard: Program) -> Program:
    """A repository of lists of three people and a team, in whose folder the program stands; ana's key is here."""
    return begun(slopguard)


def begun(slopguard: Program) -> Program:
    dee = public(slopguard, "dee")[0]
    assert init(slopguard, "--teams", f"payments:{dee}").rc == 0
    slopguard.write("project/lists/common/pypi.toml", FLASK)
    slopguard.cwd /= "lists"
    give(user_folder(slopguard), "ana", approves=False)
    return slopguard


def sign(lists: Program, name: str, *more: str, typed: str = PASSPHRASE, **env: str) -> Ended:
    """Somebody signs with a key that is put here for it."""
    if not (user_folder(lists) / "keys" / f"{name}.json").exists():
        give(user_folder(lists), name, approves=False)
    script = ((f"Passphrase of key '{name}': ", typed),)
    return at_a_terminal(lists, "lists", "sign", "--key", name, *more, script=script, **env)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with signed and published lists, made once: three signatures at a terminal take their time."""
    program = begun(Program(tmp_path_factory.mktemp("template")))
    assert program("lists", "build").rc == 0
    for name in ("ana", "ben", "dee"):
        ended = sign(program, name)
        assert ended.rc == 0, ended
    ended = program("lists", "publish", "../served", "--ci-key", ci_key(program))
    assert ended.rc == 0, ended
    return program.root


@pytest.fixture
def published(slopguard: Program, template: Path) -> Program:
    """A copy of it."""
    shutil.copytree(template, slopguard.root, dirs_exist_ok=True)
    slopguard.cwd /= "lists"
    return slopguard
