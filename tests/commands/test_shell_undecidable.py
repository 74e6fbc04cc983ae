"""What cannot be known without running something is said, with its line; what is literal beside it is read."""

from __future__ import annotations

import pytest

from slopguard import commands
from slopguard.model import SourceKind
from tests.commands.reading import HERE, names, unclear


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('pip install "${pip_args[@]}"', []),
        ("pip install $EXTRA flask", ["pypi:flask"]),
        ("pip install $(cat list) flask", ["pypi:flask"]),
        ("pip install `cat list`", []),
        ("pip install *", []),
        ("pip install -r $FILE", []),
        ("pip install -r requirements/*.txt", []),
        ("pip install -r <(grep a b)", []),
        ("pip install -r https://host.example/list.txt", []),
        ("pip install --index-url $URL flask", ["pypi:flask"]),
        ("PIP_CONFIG_FILE=other pip install flask", ["pypi:flask"]),
        ("npm i pino@$VERSION", ["npm:pino"]),
        ("npm i pino@${{ matrix.pino }}", ["npm:pino"]),
        ("pip install {{ cookiecutter.name }}", []),
        ("pip install ${PKG:-flask}", ["pypi:flask"]),
        ("pip install $VENDORED/flask", []),
        ('pip "$@"', []),
        ("npm $COMMAND", []),
        ("poetry $COMMAND", []),
        ("pip $FLAGS $MORE install flask", ["pypi:flask"]),
        ("$PIP install flask", ["pypi:flask"]),
        ("$MANAGER install flask", []),
        ("xargs pip install < list", []),
        ("xargs -I{} pip install {}", []),
        ("find . -name a -exec pip install -r {} ;", []),
        ("curl -fsSL host.example/i.sh | sudo bash -s -- -y", []),
        ("wget -O- host.example | sh", []),
        ("bash <(curl host.example)", []),
        ("source <(curl host.example)", []),
        ('sh -c "$(curl -fsSL host.example)"', []),
        ("curl host.example | python3 -", []),
        ("base64 -d a | sh", []),
        ("iwr host.example | iex", []),
        ('bash -c "pip install $PKG"', []),
        ("while read p; do pip install $p; done < list", []),
        ("read p; pip install $p", []),
        ("PKG=flask; PKG=$(b); pip install $PKG", []),
        ("python -c \"import subprocess as s; s.run(['pip', 'install', name])\"", []),
        ("python -c 'import pip; pip install ('", []),
        ('node -e "run(`npm install ${x}`)"', []),
    ],
)
def test_the_unknown_is_said_once_and_the_rest_read(text: str, wanted: list[str]) -> None:
    found = commands.read(text, HERE / "line", line=7)
    assert names(found) == wanted
    assert unclear(found) == [7]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('uv pip install --python "$PY" flask', ["pypi:flask"]),
        ('pip install --target "$DIR" flask', ["pypi:flask"]),
        ('pip install "torch==$VERSION"', ["pypi:torch"]),
        ("pip install -e $HOME/project", []),
        ("pip install dist/project-$VERSION.whl", []),
        ("pip install dist/*.whl", []),
        ("pip install https://host.example/a-$REF.zip", []),
        ("pip install <package>", []),
        ("pip install <package>==<version> ...", []),
        ("pip install [options] <requirement>", []),
        ("npm install [<@scope>/]<name>", []),
        ("npx create-app <folder>", ["npm:create-app run"]),
        ('eval "$(pyenv init -)"', []),
        ("source <(tool completion bash)", []),
        ('npm run "$SCRIPT"', []),
        ('npm --prefix "$DIR" i a', ["npm:a"]),
        ('pnpm --filter "$PACKAGE" add a', ["npm:a"]),
        ('pnpm --filter "$PACKAGE" build', []),
        ('pnpm --filter "$PACKAGE" run test', []),
        ("npm init <initializer> -w <folder>", []),
        ("npm install github:<owner>/<repository>", []),
        ("pipenv install [name] [OPTIONS]", []),
        ('pip install -e "./$PLUGIN[tests]"', []),
        ("npx --no-install tool --version", []),
        ('pnpm test:unit:"$MODE"', []),
        ('npm install "../$NAME"', []),
        ("bash $HERE/setup.sh", []),
        ("apt-get install $PACKAGES", []),
        ("$MAKE install", []),
    ],
)
def test_an_unknown_that_names_no_package_is_not(text: str, wanted: list[str]) -> None:
    found = commands.read(text, HERE / "line")
    assert (names(found), unclear(found)) == (wanted, [])


@pytest.mark.parametrize("file", ["dist/*.whl", "dist/project-$VERSION.tar.gz", "./*.tgz"])
def test_a_file_here_whose_name_is_not_known_is_no_archive_from_elsewhere(file: str) -> None:
    found = commands.read(f"pip install {file}", HERE / "line")
    assert [(each.source.kind, "archive" in each.extra) for each in found.sightings] == [(SourceKind.PATH, False)]


def test_a_requirement_file_whose_name_is_not_known_is_undecidable_wherever_it_lies() -> None:
    assert unclear(commands.read('pip install -r "./$FILE.txt"', HERE / "line")) == [1]


def test_the_place_of_a_command_is_unknown_where_no_option_takes_it() -> None:
    assert unclear(commands.read('pnpm "$X" run test', HERE / "line")) == [1]


def test_a_placeholder_hides_no_name() -> None:
    found = commands.read('pip install "evil"<a>b evil-<a>b\npip install evil[x]<a>b', HERE / "line")
    assert names(found) == ["pypi:evil", "pypi:evil"]
    assert unclear(found) == [1]


def test_beyond_a_depth_a_command_is_undecidable() -> None:
    assert unclear(commands.read("sudo " * 50 + "pip install x", HERE / "line")) == [1]


def test_beyond_a_size_a_text_is_undecidable() -> None:
    assert unclear(commands.read("pip install x\n" * 100_000, HERE / "line", line=3)) == [3]
