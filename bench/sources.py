"""Text of the files of a repository that nobody wrote: source code, prose and configuration of ordinary shape.

Invariants: the same random numbers give the same text; only names that are given as arguments are named as packages.
"""

from __future__ import annotations

import json
from random import Random

_TEXT = (
    "account archive batch buffer cache channel check client column config context counter cursor decoder detail "
    "driver encoder entry event filter folder format gateway handler header index input item label ledger level "
    "limit line loader lock manager marker message metric model module node number object offset option order "
    "output owner packet page parser path pattern plan point policy pool portal prefix price process profile "
    "query queue range reader record region render report request result retry route rule sample scope score "
    "section session shape signal source state status step store stream summary table target task template token "
    "tracker user value vector version view window "
)
_WORDS = tuple(_TEXT.split())
STDLIB = (
    "os",
    "sys",
    "re",
    "json",
    "logging",
    "itertools",
    "functools",
    "pathlib",
    "typing",
    "datetime",
    "collections",
)
NODE = ("fs", "path", "url", "util", "node:crypto", "node:stream", "node:events")


def words(chance: Random, least: int, most: int) -> str:
    """Some words."""
    return " ".join(chance.choices(_WORDS, k=chance.randint(least, most)))


def python(chance: Random, size: int, packages: list[str], own: list[str]) -> str:
    """A Python module of about `size` characters that imports these top-level packages and own modules."""
    lines = [
        f'"""The {words(chance, 3, 8)}.',
        "",
        f"{_paragraph(chance)}",
        '"""',
        "",
        "from __future__ import annotations",
        "",
    ]
    lines += [f"import {name}" for name in sorted(chance.sample(STDLIB, 3))]
    lines += [
        f"from {name} import {chance.choice(_WORDS)}" if chance.random() < 0.6 else f"import {name}"
        for name in packages
    ]
    lines += [f"from {name} import {chance.choice(_WORDS).title()}" for name in own]
    parts, length = ["\n".join(lines)], sum(map(len, lines))
    while length < size:
        parts.append(_python_class(chance) if chance.random() < 0.4 else _python_function(chance, ""))
        length += len(parts[-1])
    return "\n\n\n".join(parts) + "\n"


def _python_class(chance: Random) -> str:
    name = words(chance, 2, 2).title().replace(" ", "")
    methods = "\n\n".join(_python_function(chance, "    ") for _ in range(chance.randint(2, 4)))
    return f'class {name}:\n    """A {words(chance, 3, 9)}."""\n\n{methods}'


def _python_function(chance: Random, indent: str) -> str:
    name, (one, two, three) = words(chance, 2, 3).replace(" ", "_"), chance.sample(_WORDS, 3)
    receiver = "self, " if indent else ""
    body = [
        f"def {name}({receiver}{one}: dict[str, int], {two}: str = {chance.choice(_WORDS)!r}) -> list[str]:",
        f'    """Gives the {words(chance, 3, 8)}.',
        "",
        f"    {_paragraph(chance)}",
        '    """',
        f"    {three} = [key for key, value in {one}.items() if value > {chance.randint(1, 99)}]",
        f"    # {words(chance, 5, 12)}",
        f"    for number, key in enumerate({three}):",
        f'        if key.startswith("{chance.choice(_WORDS)}") and {two}:',
        f'            logging.getLogger(__name__).info("{words(chance, 2, 4)} %s: %d", key, number)',
        f"            {one}[key] = {one}.get(key, 0) + number * {chance.randint(2, 9)}",
        f'    return [f"{{key}}-{{{two}}}" for key in sorted({three})]',
    ]
    return "\n".join(f"{indent}{line}" if line else "" for line in body)


def script(chance: Random, size: int, packages: list[str], own: list[str], *, typed: bool) -> str:
    """A JavaScript or TypeScript module of about `size` characters."""
    lines = [f"// {words(chance, 4, 10)}"]
    lines += [f'import {chance.choice(_WORDS)} from "{name}";' for name in chance.sample(NODE, 2)]
    lines += [_import(chance, name) for name in packages]
    lines += [f'import {{ {chance.choice(_WORDS)} }} from "{name}";' for name in own]
    parts, length = ["\n".join(lines)], sum(map(len, lines))
    while length < size:
        parts.append(_component(chance, typed) if chance.random() < 0.3 else _script_function(chance, typed))
        length += len(parts[-1])
    return "\n\n".join(parts) + "\n"


def _import(chance: Random, name: str) -> str:
    word = chance.choice(_WORDS)
    forms = (
        f'import {word} from "{name}";',
        f"import {{ {word} }} from '{name}';",
        f'const {word} = require("{name}");',
    )
    return chance.choices((*forms, f'const {word} = await import("{name}");'), (5, 5, 2, 1))[0]


def _script_function(chance: Random, typed: bool) -> str:
    name, (one, two) = _camel(chance), chance.sample(_WORDS, 2)
    parameters = f"{one}: Map<string, number>, {two}: string" if typed else f"{one}, {two}"
    return f"""/**
 * {_paragraph(chance)}
 */
export async function {name}({parameters}) {{
  const found = [...{one}.entries()].filter(([key, value]) => value > {chance.randint(1, 99)} && key !== {two});
  for (const [key, value] of found) {{
    if (/^{chance.choice(_WORDS)}[-_]\\d+$/.test(key)) {{
      console.log(`{words(chance, 2, 4)} ${{key}}: ${{value * {chance.randint(2, 9)}}}`); // {words(chance, 3, 6)}
    }}
  }}
  return found.map(([key]) => `${{key}}-${{{two}}}`).sort();
}}"""


def _component(chance: Random, typed: bool) -> str:
    name, word = _camel(chance), chance.choice(_WORDS)
    properties = "{ items, onSelect }: Props" if typed else "{ items, onSelect }"
    return f"""export const {name[:1].upper()}{name[1:]} = ({properties}) => {{
  const [{word}, set] = useState(null);
  return (
    <section className="{chance.choice(_WORDS)}-{chance.choice(_WORDS)}">
      <h2>{words(chance, 2, 4)}</h2>
      {{items.map((item) => (
        <li key={{item.id}} onClick={{() => onSelect(item)}}>{{item.label}}: it's {words(chance, 2, 5)}</li>
      ))}}
    </section>
  );
}};"""


def _camel(chance: Random) -> str:
    first, *rest = words(chance, 2, 3).split()
    return first + "".join(word.title() for word in rest)


def markdown(chance: Random, size: int, pypi: list[str], npm: list[str]) -> str:
    """A page of prose with code fences, some of them commands that install these packages."""
    parts = [f"# {words(chance, 2, 4).title()}"]
    commands = [f"pip install {name}" for name in pypi] + [f"npm install {name}" for name in npm]
    while sum(map(len, parts)) < size:
        parts.append(f"## {words(chance, 2, 5).title()}\n\n{_paragraph(chance)} Use `{_camel(chance)}()` for it.")
        if chance.random() < 0.3 and commands:
            parts.append(f"```bash\n{commands.pop()}\n```")
        elif chance.random() < 0.3:
            parts.append(f"```python\n{_python_function(chance, '')}\n```")
        elif chance.random() < 0.4:
            parts.append(
                "\n".join(
                    f"* [{words(chance, 2, 5)}](./{chance.choice(_WORDS)}.md): {words(chance, 5, 15)}" for _ in range(5)
                )
            )
    return "\n\n".join(parts) + "\n"


def settings(chance: Random, size: int) -> str:
    """YAML of settings."""
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        rows = "".join(f"  {chance.choice(_WORDS)}_{number}: {words(chance, 1, 4)}\n" for number in range(6))
        parts.append(f"{chance.choice(_WORDS)}_{len(parts)}:\n{rows}")
    return "".join(parts)


def data(chance: Random, size: int) -> str:
    """JSON of records."""
    records = [
        {"id": number, "label": words(chance, 1, 4), "tags": words(chance, 2, 4).split()}
        for number in range(size // 90)
    ]
    return json.dumps(records, indent=1)


def workflow(chance: Random, packages: list[str]) -> str:
    """A GitHub workflow that installs these packages."""
    steps = "".join(
        f"      - name: {words(chance, 2, 4)}\n        run: |\n"
        f"          pip install {name}\n          make {chance.choice(_WORDS)}\n"
        for name in packages
    )
    jobs = "jobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"
    return f"name: {words(chance, 2, 3)}\non: [push]\n{jobs}{steps}"


def shell(chance: Random, packages: list[str]) -> str:
    """A shell script that installs these packages."""
    body = "".join(
        f'# {words(chance, 4, 9)}\nif [ -n "${{{chance.choice(_WORDS).upper()}:-}}" ]; then\n  pip install {name}\nfi\n'
        f'for item in $(ls "{chance.choice(_WORDS)}"); do\n'
        f'  echo "{words(chance, 2, 5)} $item" | tee -a out.log\ndone\n'
        for name in packages
    )
    return f"#!/usr/bin/env bash\nset -euo pipefail\n{body}"


def dockerfile(chance: Random, packages: list[str]) -> str:
    """A Dockerfile that installs these packages."""
    runs = "".join(
        f"RUN pip install --no-cache-dir {name} \\\n    && rm -rf /tmp/{chance.choice(_WORDS)}\n" for name in packages
    )
    return f'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\n{runs}CMD ["python", "-m", "app"]\n'


def notebook(chance: Random, packages: list[str]) -> str:
    """A notebook that installs and imports things, with an output."""
    sources = [f"%pip install {name}" for name in packages] + [_python_function(chance, "") for _ in range(4)]
    output = {"output_type": "stream", "name": "stdout", "text": [_paragraph(chance)]}
    cells = [
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [output],
            "source": text.splitlines(keepends=True),
        }
        for text in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def _paragraph(chance: Random) -> str:
    return ". ".join(words(chance, 6, 14).capitalize() for _ in range(2)) + "."
