"""Commands that prose quotes: set apart, announced, or alone on a line; and sentences that only talk of commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard import commands
from slopguard.readers.interface import Reading

from .reading import HERE, lines, names, unclear

FLASK = ["pypi:flask"]


def read(text: str) -> Reading:
    return commands.phrase(text, HERE / "notes.md")


@pytest.mark.parametrize(
    "text",
    [
        "First `pip install flask`, then go on.",
        "First ``pip install flask``, then go on.",
        "Type `$ pip install flask`.",
        "In a notebook: `!pip install flask` or `%pip install flask`",
        'You need "pip install flask" for that.',
        "You need 'pip install flask' for that.",
        'So run "pip install flask."',
        "Run **pip install flask** first.",
        "You need \u201cpip install flask\u201d for that, or \u00abpip install flask\u00bb.",
        "<p>Now <code>pip install flask</code>.</p>",
        "<pre>pip install flask</pre>",
        "| Flask | `pip install flask` |",
        "| Flask | pip install flask | web |",
        "- pip install flask",
        "  1. pip install flask",
        "> pip install flask",
        "$ pip install flask",
        "PS C:\\work> pip install flask",
        "C:\\> py -m pip install flask",
        ">>> !pip install flask",
        "(venv) $ pip install flask",
        "me@host:~/work$ pip install flask",
        "    pip install flask",
        "# pip install flask",
        "// First: pip install flask",
        "<!-- pip install flask -->",
        "Run: pip install flask",
        "Install it with: pip install flask.",
        "To get started, run pip install flask to get the server.",
        "You can do so using pip install flask. Then restart.",
        "(pip install flask)",
        "install it via pip install flask, and go on",
        'print("Not there. Install with: pip install flask")',
        'raise SystemExit("\\n  pip install flask\\n")',
        'os.system("pip install flask")',
        "os.system('pip install \\'flask\\'')",
        "execSync(`pip install flask`, {stdio: 'inherit'})",
        'subprocess.run([sys.executable, "-m", "pip", "install", "flask"], check=True)',
        "spawn('pip', ['install', 'flask'], {shell: true})",
        "sudo pip install flask",
        "PIP_NO_INPUT=1 pip install flask",
        "`cd app && pip install flask`",
        "cd app && pip install flask",
        "if pip install flask > log; then echo yes; else exit 1; fi",
        "docker run python:3 pip install flask",
        "guard run -- pip install flask",
        "pip install \\\n    flask",
        "pip install --upgrade flask  # the newest",
        "py -m pip install ^\n   --only-binary=:all: ^\n   flask",
        "      run: pip install flask",
        '  "setup": "pip install flask",',
        "\u8fd0\u884c pip install flask \u5b89\u88c5",
        "\u8fd0\u884c\uff1apip install flask\u3002\u7136\u540e",
        "Installieren Sie es mit `pip install flask` im Terminal.",
        "unbalanced` and then `pip install flask` to go on",
    ],
)
def test_a_command_is_found(text: str) -> None:
    assert names(read(text)) == FLASK


@pytest.mark.parametrize(
    "text",
    [
        "pip is a client.",
        "Improve pip install performance by only creating what is needed",
        "When running pip installs you may see this",
        "`pip install` something, or a similar command",
        "behaves like if you had `pip install`ed it",
        "the npm install algorithm produces:",
        "npm install will take a while.",
        "pip install -U no longer reinstalls the same versions",
        "Make pip wheel and pip download work with URLs.",
        "prevents re-running npm install on every change",
        "# npx generators and dev servers often bind to a port",
        "# npx and pnpx need a terminal, above all for",
        "Run npm install.",
        "use npm install, which reads the lock file",
        "`pip install -r requirements.txt`",
        "`pip install -e .`",
        "`npm install <package>` and `npm i [options] [<@scope>/]<name>@<tag>`",
        "`pip install <your package> ...`",
        "keywords: npm, yarn and pnpm",
        "une fois ex\u00e9cut\u00e9 pip install pour de bon",
        "| clients | npm npx yarn pnpx rush rushx bun bunx pip |",
        "https://npm.example/npm install",
        "We use pip. Install it first.",
        "`npm run build` or `yarn build web`",
        "Bash(npx prettier:*)",
        "see :ref:`pip install Examples <pip install flask>` and {ref}`pip install flask`",
    ],
)
def test_prose_that_names_no_package_gives_none(text: str) -> None:
    assert names(read(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run pip install flask redis to get started", ["pypi:flask", "pypi:redis"]),
        ("use npm install left-pad@1.3.0, then", ["npm:left-pad==1.3.0"]),
        ("with `uv add flask` rather than `uv add redis`", ["pypi:flask", "pypi:redis"]),
        ("with npm install events. Here is an example", ["npm:events"]),
        ("Run npx @acme/upgrade CLI for that", ["npm:@acme/upgrade run"]),
        ("Run npx create-app to begin", ["npm:create-app run"]),
        ("uv tool install --with <your-package> flask", ["pypi:flask"]),
        ("pip install 'flask>=2,<3' \"redis[hiredis]\"", ["pypi:flask", "pypi:redis"]),
        ("npm install abbrev -w a", ["npm:abbrev"]),
        ("`npx @acme/inspector uvx acme-git`", ["npm:@acme/inspector run", "pypi:acme-git run"]),
        ("claude mcp add git -- npx -y @acme/git", ["npm:@acme/git run"]),
        ("<code>pip install &quot;flask&quot; &amp;&amp; npm i ws</code>", ["pypi:flask", "npm:ws"]),
        ('"a": "npx ws", "b": "npx hono"', ["npm:ws run", "npm:hono run"]),
        ('"setup": "pip install flask\\nnpm i ws\\n"', ["pypi:flask", "npm:ws"]),
    ],
)
def test_the_command_ends_where_the_sentence_goes_on(text: str, expected: list[str]) -> None:
    assert names(read(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "execSync(`npm install ${names.join(' ')}`)",
        'os.system(f"pip install {name}")',
        'os.system("pip install " + name)',
        'os.system("pip install %s" % name)',
        'subprocess.run(["pip", "install", name])',
        "`pip install $NAME`",
        "`pip install {{ cookiecutter.name }}`",
    ],
)
def test_what_a_program_puts_in_cannot_be_decided(text: str) -> None:
    reading = read(f"\n{text}")
    assert (names(reading), unclear(reading)) == ([], [2])


def test_every_command_has_its_line() -> None:
    text = "one\n\n`pip install flask` and\nnpm i ws\n\nRun: uv add redis\n"
    assert lines(read(text)) == {"flask": 3, "ws": 4, "redis": 6}


def test_a_name_that_imitates_another_is_kept_as_it_is() -> None:
    assert names(read("Run: pip install req\u057dests now")) == ["pypi:req\u057dests"]


def test_an_answer_with_fenced_code_is_read_as_a_document() -> None:
    text = "Install it:\n\n```bash\npip install flask\n```\n\nthen `npm i ws`."
    assert lines(commands.phrase(text, HERE / "answer", line=10)) == {"flask": 13, "ws": 16}


PIECES = st.sampled_from(
    ["pip install ", "`", "``", "'", '"', "npx ", "flask", " ", "\n", "\\\n", "\\n", "$ ", "# ", "to ", "<code>",
     "</code>", "{x}", "${y", "[a", "(", ")", "|", "&& ", "```", "~~~", "-y ", "@a/b", ", ", ". ", "\u3002", "\u057d",
     '["pip", ', "]"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=200))
def test_any_text_gives_a_reading(text: str) -> None:
    last = text.count("\n") + 1
    assert all(1 <= (each.location.line or 1) <= last for each in read(text).sightings if each.location)


@pytest.mark.parametrize(
    ("piece", "found"),
    [
        ("pip install zz ", {"zz", "pip", "install"}),
        ("`pip install zz` ", {"zz"}),
        ("`` ` ", set()),
        ("(((", set()),
        ("npm i [", set()),
        ('"npx zz" ', {"zz"}),
        ('["pip", "install", "zz"], ', {"zz"}),
        ("<code>npx zz", {"zz"}),
        ("run pip install zz to ", {"zz"}),
        ("${", set()),
        ("*pip ", set()),
    ],
)
def test_a_long_text_is_read_to_its_end(piece: str, found: set[str]) -> None:
    text = piece * (20_000 // len(piece)) + "\n\nRun `uv add last`."
    assert {each.raw for each in read(text).sightings} == {*found, "last"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("|  pipenv install / lock / update   |\n", []),
        ('It says "npm install flask / ws" here', ["npm:flask"]),
        ("Use `npm i ws / yarn add redux`.", ["npm:ws", "npm:redux"]),
        ("    npm i ws /\n", ["npm:ws"]),
        ("- Docs: pip install flask[a] -> pip install redis", ["pypi:flask", "pypi:redis"]),
        ("- Do not recommend using easy_install anymore", []),
    ],
)
def test_a_slash_between_blanks_sets_words_against_each_other(text: str, wanted: list[str]) -> None:
    assert names(commands.phrase(text, HERE / "x.md")) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("**npx commands:**", []),
        (".. _`pip install Examples`:", []),
        ("values={[\n  {label: 'npm', value: 'npm'},\n  {label: 'uv', value: 'uv'}\n]}", []),
        ("{command: 'npx', args: ['-y', 'ws']}", ["npm:ws run"]),
        ("**npm install with a lock file**", []),
        ("**pip install flask**", FLASK),
        ("*pip install flask to begin*", FLASK),
    ],
)
def test_stressed_words_are_read_as_a_sentence_is(text: str, wanted: list[str]) -> None:
    assert names(read(text)) == wanted
