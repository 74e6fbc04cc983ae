"""Scripts: constants are filled in, what they write and feed to others is read, every line is at its place."""

from __future__ import annotations

import pytest

from slopguard import commands
from tests.commands.reading import HERE, lines, names, unclear


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('PKG=flask; pip install "$PKG"', ["flask"]),
        ('PKGS="flask django"; pip install $PKGS', ["flask", "django"]),
        ('PKGS=(flask "django"); PKGS+=(rich); pip install "${PKGS[@]}"', ["flask", "django", "rich"]),
        ("if a; then P=flask; else P=django; fi; pip install $P", ["flask", "django"]),
        ("for p in flask django; do pip install $p; done", ["flask", "django"]),
        ("pip install {flask,django}", ["flask", "django"]),
        ("pip install flask{,-cors}", ["flask", "flask-cors"]),
        ('CMD="pip install"; $CMD flask', ["flask"]),
        ('CMD="pip install flask"; eval "$CMD"', ["flask"]),
        ("PIP=pip3; $PIP install flask", ["flask"]),
        ("alias p='pip install'; p flask", ["flask"]),
        ('f() { pip install "$1"; }; f flask; f django', ["flask", "django"]),
        ("function f { pip install flask; }", ["flask"]),
        ('pip() { command pip "$@"; }; pip install flask', ["flask"]),
        ('set -- pip install flask; "$@"', ["flask"]),
        ("case $1 in a) pip install flask;; *) pip install django;; esac", ["flask", "django"]),
        ("while a; do pip install flask; done; until pip install django; do b; done", ["flask", "django"]),
        ("pip install flask; if ($?) { pip install django }", ["flask", "django"]),
        ("if pip install flask 2> >(tee log); then", ["flask"]),
        ("pip install flask > log django", ["flask", "django"]),
        ("it's odd\npip install flask\nit isn't ( even\npip install django", ["flask", "django"]),
        ("echo 'pip install flask' | sudo sh", ["flask"]),
        ("bash <<EOF\npip install flask\nEOF", ["flask"]),
        ("cat <<EOF | bash\npip install flask\nEOF", ["flask"]),
        ('bash <<< "pip install flask"', ["flask"]),
        ("ssh host <<EOF\npip install flask\nEOF", ["flask"]),
        ("python3 - <<EOF\nimport os\nos.system('pip install flask')\nEOF", ["flask"]),
        ("cat <<EOF | bash && pip install django\npip install flask\nEOF", ["flask", "django"]),
        ("cat > requirements.txt <<EOF && pip install django\nflask\nEOF", ["flask", "django"]),
        ("log() { pip install $1; }; log flask", ["flask"]),
        ("run_command 'pip install flask'", ["flask"]),
        ("echo 'pip install flask' | at now", ["flask"]),
        ("cat > setup.sh <<EOF\npip install flask\nEOF", ["flask"]),
        ("cat > requirements.txt <<EOF\nflask==1.0\ndjango\nEOF", ["flask==1.0", "django"]),
        ("tee requirements.txt <<EOF\nflask\nEOF", ["flask"]),
        ("echo flask >> requirements.txt", ["flask"]),
        ("printf 'flask\\ndjango\\n' > requirements.txt", ["flask", "django"]),
        ("printf '%s %s %s\\n' pip install flask pip install django | sh", ["flask", "django"]),
        ("printf '%s %s ' pip install flask | sh", ["flask"]),
        ("printf 'pip install flask %s' | sh", ["flask"]),
        ("cat > x.py <<EOF\nimport os\nos.system('pip install flask')\nEOF\npython3 -u x.py a", ["flask"]),
    ],
)
def test_constants_and_texts_of_the_script_are_read(text: str, wanted: list[str]) -> None:
    found = commands.read(text, HERE / "line")
    assert names(found) == [f"pypi:{name}" for name in wanted]
    assert unclear(found) == []


def test_a_package_json_that_a_script_writes_is_read() -> None:
    found = commands.read('cat > package.json <<EOF\n{"dependencies": {"left-pad": "1.0.0"}}\nEOF', HERE / "line")
    assert names(found) == ["npm:left-pad==1.0.0"]


def test_every_package_has_the_line_of_its_word() -> None:
    text = (
        "set -e\r\npip install \\\r\n  a \\\r\n  'b>=1'\r\nbash <<EOF\r\nnpm i c\r\nEOF\r\nf() {\r\n  npm i d\r\n}\r\n"
    )
    assert lines(commands.read(text, HERE / "line", line=11)) == {"a": 13, "b": 14, "c": 16, "d": 19}


def test_a_script_too_long_for_the_grammar_keeps_its_lines() -> None:
    text = "\n".join(f"if a; then\n  pip install p{number}\nfi" for number in range(1_500))
    assert lines(commands.read(text, HERE / "line")) == {f"p{number}": 3 * number + 2 for number in range(1_500)}


def test_a_heredoc_is_no_command() -> None:
    found = commands.read("cat <<EOF > notes.txt\npip install flask\nEOF\nnpm i a", HERE / "line")
    assert names(found) == ["npm:a"]


def test_a_package_json_of_several_lines_is_read() -> None:
    """Lines of it look like keys of a pipeline, which are taken off where a command is quoted."""
    text = 'cat > package.json <<EOF\n{\n  "dependencies": {\n    "left-pad": "1.0.0"\n  }\n}\nEOF\nnpm i ws'
    found = commands.read(text, HERE / "line")
    assert sorted(names(found)) == ["npm:left-pad==1.0.0", "npm:ws"]


@pytest.mark.parametrize("text", ['echo "$X" >> requirements.txt', "cat > requirements.txt <<EOF\nflask\n$X\nEOF"])
def test_a_name_that_nobody_knows_is_none(text: str) -> None:
    found = commands.read(text, HERE / "line")
    assert not any("$" in name or "\ue000" in name for name in names(found))
    assert len(unclear(found)) == 1
