"""More of the forms that people and agents write: every package that is fetched is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard import commands
from slopguard.model import SourceKind

FORMS = [
    ("sudo -H pip3 install alpha", "pypi:alpha"),
    ("pip install --upgrade pip setuptools wheel", "pypi:pip pypi:setuptools pypi:wheel"),
    ("py -3 -m pip install alpha", "pypi:alpha"),
    ("pip install alpha==1.0.* beta~=2.1 'gamma!=3'", "pypi:alpha pypi:beta pypi:gamma"),
    ('pip install "alpha @ git+https://github.com/o/alpha.git@v1" beta', "pypi:beta"),
    ("pip install 'alpha ; python_version < \"3.9\"'", "pypi:alpha"),
    ("pip install -t ./lib --platform manylinux2014_x86_64 --only-binary=:all: alpha", "pypi:alpha"),
    ("pip download -d wheels --no-deps alpha==1.2", "pypi:alpha"),
    ("pip wheel -w dist alpha", "pypi:alpha"),
    ("pip install ./alpha ../beta /opt/gamma dist/*.whl", ""),
    ("pip install alpha.whl beta-1.0.tar.gz", ""),
    ("pip -q --proxy http://p:1 install alpha", "pypi:alpha"),
    ('pip install --global-option="--x" --config-settings a=b alpha', "pypi:alpha"),
    ('"$VENV/bin/pip" install alpha', "pypi:alpha"),
    ("${PYTHON:-python3} -m pip install alpha", "pypi:alpha"),
    ("python -m venv .v && .v/bin/pip install -U alpha || exit 1", "pypi:alpha"),
    ("if ! command -v alpha; then pip install alpha; fi", "pypi:alpha"),
    ('for p in alpha beta; do pip install "$p"; done', "pypi:alpha pypi:beta"),
    ('pkgs="alpha beta"; pip install $pkgs', "pypi:alpha pypi:beta"),
    ("pip install {alpha,beta}", "pypi:alpha pypi:beta"),
    ('su - app -c "pip install alpha"', "pypi:alpha"),
    ("docker run --rm -v $PWD:/w -w /w python:3.12 pip install alpha", "pypi:alpha"),
    ("docker compose run --rm web npm i alpha", "npm:alpha"),
    ("kubectl exec pod -- pip install alpha", "pypi:alpha"),
    ("time nice -n 5 nohup pip install alpha &", "pypi:alpha"),
    ('sudo -E env "PATH=$PATH" pip install alpha', "pypi:alpha"),
    ("env -i PATH=/bin pip install alpha", "pypi:alpha"),
    ("pip install alpha 2>/dev/null beta", "pypi:alpha pypi:beta"),
    ("pip install alpha>1", "pypi:alpha"),
    ("pip install $'alpha' \"be\"'ta'", "pypi:alpha pypi:beta"),
    ("p\\ip ins\\tall al\\pha", "pypi:alpha"),
    ("!{sys.executable} -m pip install alpha", "pypi:alpha"),
    ("ssh h <<'EOF'\npip install alpha\nEOF", "pypi:alpha"),
    ('python - <<\'PY\'\nimport subprocess\nsubprocess.run(["pip", "install", "alpha"])\nPY', "pypi:alpha"),
    ('echo "pip install alpha" | bash', "pypi:alpha"),
    ('install() { pip install "$1"; }\ninstall alpha', "pypi:alpha"),
    ("alias pi='pip install'\npi alpha", "pypi:alpha"),
    ("diff <(npx alpha) <(uvx beta)", "npm:alpha pypi:beta"),
    ("uv pip install --system -r r.txt alpha", "pypi:alpha"),
    ("uv add --group test --extra x alpha", "pypi:alpha"),
    ("uv tool install alpha --with beta", "pypi:alpha pypi:beta"),
    ("uvx --from 'alpha[cli]==1' beta --x", "pypi:alpha"),
    ("uvx --python 3.12 --with beta alpha@latest", "pypi:alpha pypi:beta"),
    ("uv run --with-requirements r.txt --with alpha,beta x.py", "pypi:alpha pypi:beta"),
    ("uv --directory app add alpha", "pypi:alpha"),
    ("uv run -m pip install alpha", "pypi:alpha"),
    ("uv run -- npx alpha", "npm:alpha"),
    ("pipx inject poetry alpha beta", "pypi:alpha pypi:beta"),
    ("poetry add alpha@^2 beta -G dev", "pypi:alpha pypi:beta"),
    ("poetry self add alpha", "pypi:alpha"),
    ("poetry add git+https://github.com/o/r.git ../x", ""),
    ("pdm self add alpha", "pypi:alpha"),
    ("rye add alpha --dev", "pypi:alpha"),
    ("hatch run pip install alpha", "pypi:alpha"),
    ("conda run --no-capture-output -n env python -m pip install alpha", "pypi:alpha"),
    ("conda create -n x python=3.11 alpha && conda activate x && pip install beta", "pypi:beta"),
    ('nix-shell -p python3 --run "pip install alpha"', "pypi:alpha"),
    ("easy_install alpha", "pypi:alpha"),
    ("npm i -D @types/x@^1", "npm:@types/x"),
    ("npm --prefix web install alpha", "npm:alpha"),
    ("npm i my@npm:alpha@1", "npm:alpha"),
    ('npm exec --package=alpha -c "beta x"', "npm:alpha"),
    ("npm x -y -- alpha@latest init", "npm:alpha"),
    ("npm init alpha@latest my-app -- --template x", "npm:create-alpha"),
    ("npm init @scope", "npm:@scope/create"),
    ("npm init -y", ""),
    ("npm pack alpha", "npm:alpha"),
    ('npm i "https://x.example.org/a.tgz" git+ssh://git@x/y.git', ""),
    ("npx --yes -p alpha -p @s/beta gamma", "npm:@s/beta npm:alpha"),
    ("npx github:o/r", ""),
    ("corepack prepare pnpm@9 --activate", "npm:pnpm"),
    ("corepack pnpm add alpha", "npm:alpha"),
    ("pnpm add alpha --filter ./web", "npm:alpha"),
    ("pnpm add alpha@workspace:*", ""),
    ("pnpm dlx --package alpha beta", "npm:alpha"),
    ("yarn workspace web add alpha --dev", "npm:alpha"),
    ("yarn create next-app x", "npm:create-next-app"),
    ("bunx --bun alpha@latest init", "npm:alpha"),
    ("bun create vite x", "npm:create-vite"),
    ("deno add npm:alpha jsr:@s/b", "npm:alpha"),
    ("deno install -g -A npm:alpha", "npm:alpha"),
    ("set -euxo pipefail\npip install alpha \\\n  && npm i beta \\\n  || true", "npm:beta pypi:alpha"),
    ("find . -name x -exec pip install alpha \\;", "pypi:alpha"),
    ("python -Im pip install alpha", "pypi:alpha"),
    ("python -X utf8 -W ignore -m pip install alpha", "pypi:alpha"),
    ("cmd /c npx -y alpha", "npm:alpha"),
    ('powershell -Command "pip install alpha"', "pypi:alpha"),
    ("npx dotenv -e .env -- npx alpha", "npm:alpha npm:dotenv"),
    ('flock /tmp/l -c "pip install alpha"', "pypi:alpha"),
    ("watch -n 5 npx alpha", "npm:alpha"),
    ("parallel pip install ::: alpha beta", "pypi:alpha pypi:beta"),
    ("npm i \\\n  alpha@1 `# first` \\\n  beta", "npm:alpha npm:beta"),
]
"""A command -> the packages of a registry, sorted."""


@pytest.mark.parametrize(("command", "expected"), FORMS)
def test_a_command_names_these_packages(command: str, expected: str) -> None:
    found = commands.read(command, Path("/tree/x.sh"))
    registry = [each for each in found.sightings if each.source.kind is SourceKind.REGISTRY]
    assert sorted({f"{each.ecosystem}:{each.raw}" for each in registry}) == expected.split()
    assert [each for each in found.problems if each.code == "undecidable"] == []
