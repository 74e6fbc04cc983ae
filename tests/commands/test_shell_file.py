"""Scripts: which language each is in, and what PowerShell, batch and fish mean in terms of commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import fish, shell_file, windows

from .found import files, names, reading, reads_or_refuses, unclear


def read(text, name):
    return reading(shell_file, name, text)


@pytest.mark.parametrize("name", ["a.sh", "a.bash", "a.zsh", "a.ksh", ".envrc", ".bashrc", "bin/setup"])
def test_shells(name):
    assert names(read("#!/bin/sh\nset -e\npip install flask\r\nnpx serve\r\n", name)) == [("flask", 3), ("serve", 4)]


def test_a_procfile_names_its_processes():
    found = read("web: npx serve\nworker: pip install flask && python x\n", "Procfile")
    assert names(found) == [("serve", 1), ("flask", 2)]


def test_paths_start_in_the_folder_of_the_script():
    assert files(read("pip install -r reqs.lst\n", "tools/a.sh")) == ["tools/reqs.lst"]


def test_powershell():
    found = read(
        r"""# pip install not-this
<# pip install
   nor-this #>
$env:PIP_INDEX_URL = "https://mirror.example/simple"
$tool = 'ruff'
if (Test-Path .venv) { .\.venv\Scripts\pip.exe install flask } else { py -3.12 -m pip install rich }
& npm install `
    left-pad
foreach ($p in $list) { pip install $p }
pip install $tool; Invoke-Expression "pip install click"
Start-Process -FilePath "npm" -ArgumentList "install", "-g", "serve" -Wait
$out = npx cowsay
Write-Host "pip install nothing"
""",
        "a.ps1",
    )
    assert names(found) == [
        ("flask", 6),
        ("rich", 6),
        ("left-pad", 8),
        ("ruff", 10),
        ("click", 10),
        ("serve", 11),
        ("cowsay", 12),
    ]
    assert unclear(found) == [9]
    assert found.sightings[0].source.index == "https://mirror.example/simple"


def test_batch():
    found = read(
        r"""@echo off
rem pip install not-this
:: pip install nor-this
set TOOL=ruff
set "PINNED=flask==3.0"
call pip install %TOOL% "%PINNED%" ^
  rich
if exist venv\Scripts\pip.exe (venv\Scripts\pip.exe install "click>=8") else (npm.cmd i left-pad & npx serve)
cmd /c "pip install httpx"
cmd /c pip install attrs
for %%p in (a b) do pip install %%p
python -m pip install anyio >nul 2>&1
pip install %1
powershell -ExecutionPolicy Bypass -Command "npm i chalk"
echo it's pip install fine
""",
        "a.bat",
    )
    assert names(found) == [
        ("ruff", 6),
        ("flask==3.0", 6),
        ("rich", 7),
        ("click>=8", 8),
        ("left-pad", 8),
        ("serve", 8),
        ("httpx", 9),
        ("attrs", 10),
        ("anyio", 12),
        ("chalk", 14),
    ]
    assert unclear(found) == [11, 13]


def test_fish():
    found = read(
        """set -gx PIP_INDEX_URL https://mirror.example/simple
if test -d x; pip install flask; end
for p in $list
    pip install $p
end
and npx serve
function f
    npm i left-pad
end
""",
        "a.fish",
    )
    assert names(found) == [("flask", 2), ("serve", 6), ("left-pad", 8)]
    assert unclear(found) == [4]
    assert found.sightings[0].source.index == "https://mirror.example/simple"


def test_a_first_line_names_the_language():
    assert names(read("#!/usr/bin/env fish\nif true\nnpx serve\nend\n", "bin/x")) == [("serve", 3)]
    assert names(read("#!/usr/bin/env pwsh\n& npx serve\n", "bin/x")) == [("serve", 2)]


@given(st.text())
def test_translations_keep_their_lines(text):
    for translate in (windows.powershell, windows.batch, fish.script):
        assert translate(text).count("\n") == text.count("\n")


PIECES = [
    "pip install a",
    "\n",
    "`\n",
    "^\n",
    '"',
    "'",
    "(",
    ")",
    "{",
    "}",
    "&",
    "%A%",
    "$A",
    '@"\n',
    "<#",
    "#>",
    "for %%i in ",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join))
def test_any_text_is_read(text):
    for name in ("a.ps1", "a.bat", "a.fish", "a.sh", "Procfile"):
        reads_or_refuses(shell_file, name, text)
