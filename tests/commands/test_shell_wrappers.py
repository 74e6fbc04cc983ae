"""A command inside another one is read as if it stood alone."""

from __future__ import annotations

import pytest

from slopguard import commands
from tests.commands.reading import HERE, names, unclear

INSTALLS_X = [
    "sudo -E -u someone pip install x",
    "sudo --user=someone A=b pip install x",
    "doas pip install x",
    "env A=b -i pip install x",
    'env -S "pip install x"',
    "A=b pip install x",
    "time pip install x",
    "nohup pip install x &",
    "nice -n 5 pip install x",
    "timeout -k 5 60 pip install x",
    "exec pip install x",
    "command pip install x",
    "builtin command pip install x",
    "stdbuf -o L pip install x",
    "strace -f -o log pip install x",
    "flock /tmp/lock pip install x",
    "flock /tmp/lock -c 'pip install x'",
    "watch -n 5 pip install x",
    "bash -c 'pip install x'",
    "sh -lc 'pip install x'",
    "bash -euxo pipefail -c 'pip install x'",
    'sudo bash -c "env A=b pip install x"',
    "su - someone -c 'pip install x'",
    "script -q -c 'pip install x' log",
    "ssh -p 22 someone@host 'pip install x'",
    "ssh host pip install x",
    "parallel pip install ::: x",
    "parallel 'pip install {}' ::: x",
    "find . -name y -exec pip install x ;",
    "docker run --rm -it -v a:b python:3 pip install x",
    "docker run --entrypoint pip python:3 install x",
    'docker exec -it c sh -c "pip install x"',
    "docker compose run --rm web pip install x",
    "kubectl exec pod -n space -- pip install x",
    "poetry run pip install x",
    "uv run pip install x",
    "pdm run pip install x",
    "pipenv run pip install x",
    "hatch run dev:pip install x",
    "hatch -e dev run pip install x",
    "conda run -n e pip install x",
    "/opt/bin/micromamba run -n e pip install x",
    "pyenv exec python3.12 -m pip install x",
    "asdf exec pip install x",
    "mise x python@3 -- pip install x",
    "direnv exec . pip install x",
    "slopguard run -- pip install x",
    "slopguard pip install x",
    "somebodys-guard --flag pip install x",
    "$GUARD --debug pip install x",
    "trap 'pip install x' EXIT",
    'eval "pip install x"',
    'concurrently "pip install x"',
    "powershell -Command 'pip install x'",
    "cmd /c pip install x",
]
SAME_CLIENT = [
    "pip3.12 install x",
    "python -m pip install x",
    "python3 -Im pip install x",
    "pypy3.11 -m pip install x",
    "py -3 -m pip install x",
    "/venv/bin/python -m pip install x",
    "$VENV/bin/python -m pip install x",
    "$(PYTHON) -m pip install x",
    "$(which python3) -m pip install x",
    "./uv pip install x",
    r".\venv\Scripts\pip.exe install x",
    "p''ip install x",
    r"p\ip install x",
    "$'pip' install x",
    '"pip" install x',
]
PROMPTED = [
    "%pip install x",
    "!pip install x",
    "!{sys.executable} -m pip install x",
    "%%bash\npip install x",
    "$ pip install x",
    "> pip install x",
    "(venv) $ pip install x",
    "(venv) pip install x",
    "someone@host:~/app$ pip install x",
    "PS C:\\> pip install x",
    "RUN pip install x",
    "RUN --mount=type=cache,target=/c pip install x",
    'RUN ["pip", "install", "x"]',
    "- run: pip install x",
    'run: "A=b pip install x"',
    "- pip install x",
    '- "pip install x"',
    '"test": "pip install x",',
    "@pip install x",
]


@pytest.mark.parametrize("text", [*INSTALLS_X, *SAME_CLIENT, *PROMPTED])
def test_the_command_inside_is_read(text: str) -> None:
    found = commands.read(text, HERE / "line")
    assert names(found) == ["pypi:x"]
    assert unclear(found) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("npx -c 'npm install x'", ["npm:x"]),
        ("npm exec --call='npm install x'", []),
        ("npx npm install x", ["npm:npm run", "npm:x"]),
        ("pipx run pip install x", ["pypi:pip run", "pypi:x"]),
        ("uv run --with rich python -m pip install x", ["pypi:rich", "pypi:x"]),
        ("corepack yarn@4 dlx x", ["npm:x run"]),
        ("claude mcp add files -- npx -y server@1.0.0", ["npm:server==1.0.0 run"]),
        ("node -e \"require('child_process').execSync('npm i x')\"", ["npm:x"]),
        ("node -e \"spawn('npm', ['i', 'x'])\"", ["npm:x"]),
        ("python -c \"import subprocess; subprocess.run(['pip', 'install', 'x'])\"", ["pypi:x"]),
        ("python -c 'import os; os.system(\"pip install x\")'", ["pypi:x"]),
        ("echo $(pip install a) `pip install b` <(pip install c)", ["pypi:a", "pypi:b", "pypi:c"]),
    ],
)
def test_what_runs_commands_names_them_too(text: str, wanted: list[str]) -> None:
    assert names(commands.read(text, HERE / "line")) == wanted


@pytest.mark.parametrize(
    "text",
    [
        'echo "pip install x"',
        "echo pip install x",
        "printf 'pip install x'",
        "# pip install x",
        "grep pip install x",
        "which npm",
        "man pip install",
        "apt-get install x",
        "brew install x",
        "conda install x",
        "gem install x",
        "npm test && npm run build",
        "pip uninstall x; pip show x; pip config list",
        'git commit -m "pip install x"',
        "- name: Failing npm install is told",
        'python -c "print(1)"',
        "docker build -t pip install .",
        "print_status npm install failed",
    ],
)
def test_what_installs_nothing_names_nothing(text: str) -> None:
    found = commands.read(text, HERE / "line")
    assert (names(found), unclear(found)) == ([], [])
