"""A name that a script would install is told, or the script is undecidable, however the command is disguised."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard import commands
from tests.commands.reading import lines, unclear

HERE = Path("/tree/x.sh")


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("pi\\\np install evil-name", 2),
        ("true\npip install ev\\\nil-na\\\nme", 2),
        ("# a comment does not go on \\\npip install evil-name", 2),
        ("cat <<X\ntext\n`pip install evil-name`\nX", 3),
        ("cat > /tmp/go <<X\n#!/bin/sh\npip install evil-name\nX", 3),
        ("retry 3 pip install evil-name", 1),
        ("screen -dm pip install evil-name", 1),
        ("tmux new -s 'my session' pip install evil-name", 1),
        ("nodemon -x npx evil-name", 1),
        ("npx concurrently 'npm i evil-name' 'npm:watch'", 1),
        ("npx -y nodemon@3 --exec 'npx evil-name'", 1),
        ("expect -c 'spawn pip install evil-name'", 1),
        ("nix develop .#shell -c pip install evil-name", 1),
        ("nix run nixpkgs#python3 -- -m pip install evil-name", 1),
        ("python -m coverage run -m pip install evil-name", 1),
        ("python /usr/lib/python3/dist-packages/pip install evil-name", 1),
        ("python get-pip.py evil-name", 1),
        ("node /usr/lib/node_modules/npm/bin/npm-cli.js i evil-name", 1),
        ("node /opt/npm/bin/npx-cli.js evil-name", 1),
        ("pip-3.12 install evil-name", 1),
        ("python -c \"import os; os.execvp('pip', ['pip', 'install', 'evil-name'])\"", 1),
    ],
)
def test_a_disguised_command_is_read(script: str, line: int) -> None:
    assert lines(commands.read(script, HERE))["evil-name"] == line


@pytest.mark.parametrize(
    "script",
    [
        "X=known; f() { X=evil-name; }; f; pip install $X",
        "f() { X=evil-name; }; f; pip install $X",
        'f() { while [ $# -gt 0 ]; do pip install "$1"; shift; done; }; f known evil-name',
        'f() { label=$1; shift; "$@"; }; f label pip install evil-name',
        "set -- known evil-name; shift; pip install $1",
        "cat > /tmp/go <<X\npip install evil-name\nX\nsudo bash -x /tmp/go",
        "echo 'pip install evil-name' > go; chmod +x go; ./go",
        "echo evil-name > names.lst; pip install -r names.lst",
        "ln -s /usr/bin/pip /tmp/q; /tmp/q install evil-name",
        "cp $(which pip) q; ./q install evil-name",
        "npm pkg set scripts.postinstall='pip install evil-name'",
        "$npm_execpath exec evil-name",
        "pip install known; pip install evil\\\n\\\n-name",
    ],
)
def test_what_a_script_sets_up_before_is_told(script: str) -> None:
    assert "evil-name" in lines(commands.read(script, HERE))


@pytest.mark.parametrize(
    "script",
    [
        "X=known; printf -v X evil-name; pip install $X",
        "X=known; getopts a: X; pip install $X",
        "p${x}ip install evil-name",
        "./p?p install evil-name",
        "/usr/bin/p[i]p install evil-name",
        "eval \"$(printf 'pip install evil-name')\"",
        "eval $(echo cGlwIGluc3RhbGwgZXZpbC1uYW1l | base64 -d)",
        "pip install -r /dev/stdin <<< evil-name",
        "powershell -NoProfile -EncodedCommand cABpAHAA",
        "python -c \"exec('import os; os.system(\\'pip install evil-name\\')')\"",
        "python -c \"import runpy, sys; sys.argv = ['pip', 'install', 'x']; runpy.run_module('pip')\"",
    ],
)
def test_what_only_a_shell_could_spell_out_is_undecidable(script: str) -> None:
    assert unclear(commands.read(script, HERE)) == [1]


@pytest.mark.parametrize(
    "script",
    [
        'bash -c "cd $(echo here) && make install"',
        'eval "$(ssh-agent -s)"',
        "${CROSS}make install",
        "[ -d a ] && ls *.txt",
        "cat <<'X'\n`pip install evil-name`\nX",
        "python manage.py install",
        "node server.js add",
        "watch ls",
        "echo 'see pip install evil-name' > notes; cat notes",
    ],
)
def test_what_installs_nothing_stays_silent(script: str) -> None:
    found = commands.read(script, HERE)
    assert (lines(found), unclear(found)) == ({}, [])


def test_a_file_in_memory_is_a_file_and_no_device() -> None:
    found = commands.read("pip install -r /dev/shm/deps.txt", HERE)
    assert [str(path) for path in found.files] == ["/dev/shm/deps.txt"]
    assert unclear(found) == []
    assert unclear(commands.read("pip install -r /dev/fd/3", HERE)) == [1]
