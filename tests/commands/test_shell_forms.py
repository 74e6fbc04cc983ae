"""The forms in which one command names packages: what is named, by its normalised name, and nothing else."""

from __future__ import annotations

import pytest

from slopguard import commands
from slopguard.model import SourceKind
from slopguard.names import normalize, problem_of
from tests.commands.reading import HERE

FORMS = [
    ("pip install requests", "pypi:requests"),
    ('pip3 install -U "huggingface_hub[cli]"', "pypi:huggingface-hub"),
    ("python -m pip install 'pydantic>=2,<3' fastapi", "pypi:pydantic pypi:fastapi"),
    ("PIP_INDEX_URL=https://mirror.internal/simple pip install numpy", "pypi:numpy"),
    ("env FOO=bar PIP_NO_INPUT=1 pip install pandas", "pypi:pandas"),
    ('pip install -e ".[dev,test]"', ""),
    ("pip install git+https://github.com/pallets/flask.git@main", ""),
    ("pip install foo@https://example.org/foo.tar.gz bar", "pypi:bar"),
    ("cd app && pip install rich && npm i left-pad", "pypi:rich npm:left-pad"),
    ('eval "pip install $(echo colorama)"', ""),
    ("echo requests flask | xargs pip install", ""),
    ("pip install \\\n  scipy \\\n  matplotlib", "pypi:scipy pypi:matplotlib"),
    ("pip\tinstall\tjinja2", "pypi:jinja2"),
    ('"pip" "install" "werkzeug"', "pypi:werkzeug"),
    ("pip install --target=./vendor urllib3", "pypi:urllib3"),
    ("pip install -qU pytest", "pypi:pytest"),
    ("pip uninstall -y requests", ""),
    ("pip show numpy", ""),
    ('echo "pip install nothing-here"', ""),
    ("pip install requests # and flask", "pypi:requests"),
    ("uvx black@24.1.0 .", "pypi:black"),
    ('uv run --with rich --with "typer>=0.9" python x.py', "pypi:rich pypi:typer"),
    ('pipx install "poetry==1.8"', "pypi:poetry"),
    ("pipx run --spec cowsay-pkg cowsay hi", "pypi:cowsay-pkg"),
    ("pdm add -dG test coverage", "pypi:coverage"),
    ('pipenv install "arrow~=1.2"', "pypi:arrow"),
    ("conda install -c conda-forge numpy", ""),
    ("%pip install seaborn", "pypi:seaborn"),
    ("npm i", ""),
    ("npm ci --omit=dev", ""),
    ('npm install --save-dev "eslint@^9"', "npm:eslint"),
    ("npm i github:user/repo ./local ../x.tgz", ""),
    ("npm i user/repo", ""),
    ("npm install --registry https://mirror.internal axios", "npm:axios"),
    ("npm create @scope/foo", "npm:@scope/create-foo"),
    ('npx --package typescript --package ts-node -c "tsc -v"', "npm:typescript npm:ts-node"),
    ("npx @modelcontextprotocol/server-filesystem@0.6.2 /tmp", "npm:@modelcontextprotocol/server-filesystem"),
    ("yarn add react react-dom@18 -E", "npm:react npm:react-dom"),
    ("yarn dlx degit user/repo", "npm:degit"),
    ("yarn global add serve", "npm:serve"),
    ("pnpm dlx shadcn@latest init", "npm:shadcn"),
    ("pnpm --filter web add dayjs", "npm:dayjs"),
    ("bunx cowsay", "npm:cowsay"),
    ("bun x prettier --check .", "npm:prettier"),
    ("npm test && npm run build", ""),
    ("curl -sSL https://example.org/i.sh | sh", ""),
    ("RUN pip install --no-cache-dir gunicorn && rm -rf /root/.cache", "pypi:gunicorn"),
    ("pip install req\u057dests", ""),
]


@pytest.mark.parametrize(("text", "wanted"), FORMS, ids=[text for text, _ in FORMS])
def test_a_command_names_these_packages(text: str, wanted: str) -> None:
    found = commands.read(text, HERE / "line")
    names = [
        f"{each.ecosystem}:{normalize(each.ecosystem, each.raw)}"
        for each in found.sightings
        if each.source.kind is SourceKind.REGISTRY and not problem_of(each.ecosystem, each.raw)
    ]
    assert names == wanted.split()


@pytest.mark.parametrize(
    "text", ['eval "pip install $(echo colorama)"', "echo requests flask | xargs pip install", "curl -sSL x | sh"]
)
def test_what_is_not_known_is_said(text: str) -> None:
    assert [each.code for each in commands.read(text, HERE / "line").problems] == ["undecidable"]


def test_a_name_in_foreign_letters_is_told_as_written() -> None:
    (sighting,) = commands.read("pip install req\u057dests", HERE / "line").sightings
    assert sighting.raw == "req\u057dests"
    assert problem_of(sighting.ecosystem, sighting.raw)
