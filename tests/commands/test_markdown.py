"""Documents: fences, transcripts, manifests in fences, prose between them; every name on its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import markdown
from slopguard.readers.interface import Reading

from .reading import HERE, lines, loading, names, unclear


def read(text: str, name: str = "README.md") -> Reading:
    return markdown.read(HERE / name, loading(text))


@pytest.mark.parametrize(
    "language", ["", "bash", "sh", "shell", "console", "zsh", "text", "{.bash}", "bash title=x", "Shell"]
)
@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_fenced_block_holds_commands(fence: str, language: str) -> None:
    assert lines(read(f"# A\n\n{fence}{language}\npip install flask\nnpm i ws\n{fence}\n")) == {"flask": 4, "ws": 5}


@pytest.mark.parametrize("language", ["", "console", "bash", "text", "shell-session"])
def test_what_a_transcript_prints_is_no_command(language: str) -> None:
    text = f"```{language}\n$ pip install \\\n    flask\nTo update, run: pip install --upgrade pip\n$ npm i ws\n```"
    assert lines(read(text)) == {"flask": 2, "ws": 5} or lines(read(text)) == {"flask": 3, "ws": 5}


def test_powershell_is_read_as_powershell() -> None:
    text = '```powershell\n$env:X = "1"; pip install `\n  flask\n```\n\n```ps1\nPS C:\\work> npm i ws\n```\n'
    assert names(read(text)) == ["pypi:flask", "npm:ws"]


def test_a_comment_in_a_block_says_what_to_do_too() -> None:
    assert names(read("```bash\nuv add flask  # or: pip install redis\n# npm i ws\n```")) == [
        "pypi:flask",
        "pypi:redis",
        "npm:ws",
    ]


def test_a_line_in_a_shell_block_may_go_on_as_those_of_windows_do() -> None:
    text = "```shell\npy -m pip install ^\n    --no-deps ^\n    flask\n```\n"
    assert (lines(read(text)), unclear(read(text))) == ({"flask": 4}, [])


def test_quoting_tricks_in_a_block_hide_nothing() -> None:
    assert names(read('```sh\np""ip install flask\n```\n\n```sh\nn\\pm i ws\n```')) == ["pypi:flask", "npm:ws"]


@pytest.mark.parametrize(
    "text",
    [
        "- one\n\n  ```sh\n  pip install flask\n  ```\n",
        "> ```sh\n> pip install flask\n> ```\n",
        "1. one\n   ```sh\n   pip install flask\n   ```\n",
        '<Tabs>\n  <Tab title="pip">\n    ```sh\n    pip install flask\n    ```\n  </Tab>\n</Tabs>\n',
        "```sh\npip install flask",
        "text\n\n    pip install flask\n\ntext\n",
        "text\n\n\tpip install flask\n",
        "<pre><code>\npip install flask\n</code></pre>\n",
        "---\ndescription: a rule\nglobs: '*.py'\n---\nAlways run `pip install flask` first.\n",
        "\ufeffRun `pip install flask`.",
        "Run `pip\ninstall flask`.",
    ],
)
def test_wherever_a_block_stands_it_is_read(text: str) -> None:
    assert names(read(text)) == ["pypi:flask"]


def test_a_fence_inside_a_longer_fence_is_text() -> None:
    text = "````md\n```sh\npip install flask\n```\n````\nRun `npm i ws`.\n"
    assert lines(read(text)) == {"flask": 3, "ws": 6}


@pytest.mark.parametrize(
    "text",
    [
        "```python\nimport flask\nfrom redis import x\n```",
        "```js\nimport ws from 'ws'\nrequire('hono')\n```",
        "```text\nnpm warn something old\nadded 3 packages\n```",
        "See https://npm.example/package/ws and pip.",
        "",
    ],
)
def test_code_and_output_name_nothing(text: str) -> None:
    assert read(text) == Reading(HERE / "README.md")


def test_servers_in_a_block_are_those_of_a_configuration() -> None:
    text = (
        'Add:\n\n```json\n{\n  "mcpServers": {\n    "a": {"command": "npx", "args": ["-y", "@acme/a"]}\n  }\n}\n```\n'
    )
    reading = read(text)
    assert (names(reading), lines(reading)) == (["npm:@acme/a run"], {"@acme/a": 6})


def test_a_part_of_a_configuration_is_read_as_far_as_it_goes() -> None:
    text = '```json\n"mcpServers": {\n  "a": {"command": "npx", "args": ["-y", "@acme/a"]},\n  ...\n```\n'
    assert names(read(text)) == ["npm:@acme/a run"]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ('```json\n{"dependencies": {"ws": "^8.0.0"}}\n```', {"ws": 2}),
        ('```toml\n[project]\nname = "x"\ndependencies = [\n  "flask",\n]\n```', {"flask": 5}),
        ('```python\n# /// script\n# dependencies = ["flask"]\n# ///\n```', {"flask": 3}),
        ("```dockerfile\nFROM x\nRUN pip install flask\n```", {"flask": 3}),
        ("```text title=requirements.txt\nflask>=2\n```", {"flask": 2}),
        ("```yaml\nsteps:\n  - run: pip install flask\n  - run: |\n      npm i ws\n```", {"flask": 3, "ws": 5}),
    ],
)
def test_a_block_that_is_a_manifest_is_read_as_one(block: str, expected: dict[str, int]) -> None:
    assert lines(read(block)) == expected


def test_restructured_text_has_blocks_of_its_own() -> None:
    text = """\
Install ``flask`` with ``pip install flask``::

    $ pip install redis
    To update, run: pip install --upgrade pip

.. code-block:: bash
   :linenos:

   pip install celery

.. code-block:: python

   import nothing

Then run ``npm i ws``.
"""
    assert lines(read(text, "index.rst")) == {"flask": 1, "redis": 3, "celery": 9, "ws": 15}


def test_a_server_that_a_command_adds_is_found() -> None:
    text = """```bash\ncode --add-mcp '{"name": "a", "command": "npx", "args": ["-y", "@acme/a"]}'\n```\n"""
    assert names(read(text)) == ["npm:@acme/a run"]


def test_servers_of_an_agent_stand_in_its_front_matter() -> None:
    text = "---\nname: a\nmcpServers:\n  a:\n    command: npx\n    args: ['-y', '@acme/a']\n---\nRun `npm i ws`.\n"
    assert lines(read(text)) == {"@acme/a": 6, "ws": 8}


def test_what_cannot_be_decided_has_its_line() -> None:
    assert unclear(read("# A\n\n```sh\npip install $NAME\n```\n")) == [4]


PIECES = st.sampled_from(
    ["```", "~~~", "````", "sh", "json", "toml", "\n", "\n\n", "    ", "> ", "- ", "pip install flask", "$ ", "`", "# ",
     '{"mcpServers": {"a": {"command": "npx", "args": ["x"]}}}', "[project]\n", "::", ".. code-block:: sh\n\n   ", "\\"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=200), st.sampled_from(["a.md", "a.rst", "a.mdx"]))
def test_any_text_gives_a_reading(text: str, name: str) -> None:
    reading = read(text, name)
    last = text.count("\n") + 1
    assert all(1 <= (each.location.line or 1) <= last for each in reading.sightings if each.location)


@pytest.mark.parametrize(
    ("piece", "name"),
    [
        ("```\npip install zz\n```\n", "a.md"),
        ("```sh\npip install zz\n```\n", "a.md"),
        ("> pip install zz\n", "a.md"),
        ("~~~\n```\npip install zz\n", "a.md"),
        ("- pip install zz\n\n", "a.rst"),
        ("::\n\n  pip install zz\n\n", "a.rst"),
    ],
)
def test_a_long_document_is_read_to_its_end(piece: str, name: str) -> None:
    assert {each.raw for each in read(piece * 300 + "pip install last\n", name).sightings} == {"zz", "last"}


POETRY = """```toml
[tool.poetry.dependencies]
numpy = "1"
inside = { version = "2", source = "own" }
[[tool.poetry.source]]
name = "own"
url = "https://own.example/simple"
```

Then `pip install flask`.

```toml
[project]
dependencies = ["redis"]
```
"""


def test_an_index_of_one_block_counts_for_what_that_block_says() -> None:
    found = {each.raw: each.source.index for each in read(POETRY).sightings}
    own = "https://own.example/simple"
    assert found == {"numpy": own, "inside": own, "flask": None, "redis": None}


@pytest.mark.parametrize(
    "block",
    [
        '```json\n{"components": [], "dependencies": [{"ref": "x"}]}\n```\n',
        '```toml\n[project]\nname = "x"\ndynamic = ["dependencies"]\n```\n',
    ],
)
def test_what_an_example_leaves_open_is_no_question(block: str) -> None:
    assert unclear(read(block)) == []


def test_what_a_catalog_elsewhere_explains_is_no_question_in_an_example() -> None:
    reading = read('```json\n{"dependencies": {"react": "catalog:"}}\n```\n')
    assert names(reading) == ["npm:react"]
    assert unclear(reading) == []
