"""The names in a model's answer: taken with the readers of `check`, sorted by what the lists know."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.campaign import extract
from slopguard.forecast.campaign.extract import MOST, Found
from slopguard.forecast.campaign.model import Form, Sort
from slopguard.forecast.campaign.sorting import Sorter
from slopguard.model import Ecosystem
from tests.forecast.asking import KNOWN

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
SORTER = Sorter(KNOWN, {PYPI: ("acme-*",), NPM: ("@acme/*",)})


def raw(text: str, ecosystem: Ecosystem = PYPI, form: Form = Form.JSON) -> list[str]:
    return [each.raw for each in extract.names(text, ecosystem, form).found]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"packages": ["flask", "left-pad"]}', ["flask", "left-pad"]),
        ('["flask", "left-pad"]', ["flask", "left-pad"]),
        ('Sure:\n```json\n{"packages": ["flask"]}\n```\nAsk for [more].', ["flask"]),
        ('Here: {"packages": ["flask"]} and {nothing} else', ["flask"]),
        ('<think>{"packages": ["no"]}</think>{"packages": ["yes"]}', ["yes"]),
        (
            '{"packages": ["flask>=2,<3", "uvicorn[standard]", "x==1.0 ; python_version > \'3\'"]}',
            ["flask", "uvicorn", "x"],
        ),
        ('{"packages": ["pip install flask", "`celery`"]}', ["flask", "celery"]),
        ('{"packages": [{"name": "flask", "why": "web"}, {"package": "celery"}]}', ["flask", "celery"]),
        ('{"packages": ["flask", "cel', ["flask"]),
        ('{"packages": ["flask", "celery"', ["flask", "celery"]),
        ('{"packages": []}', []),
        ("Run `pip install zzz-q` first.", ["zzz-q"]),
        ('{"packages": ["git+https://registry.example/a.git", "./here", "https://registry.example/a.whl"]}', []),
    ],
)
def test_names_are_found_in_answers_of_many_forms(text: str, names: list[str]) -> None:
    assert raw(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"packages": ["@scope/thing@^1.2", "lodash@4", "npm install chalk"]}', ["@scope/thing", "lodash", "chalk"]),
        ('{"dependencies": {"lodash": "^4.0.0", "@a/b": "*"}}', ["lodash", "@a/b"]),
    ],
)
def test_names_of_npm_are_read_as_npm_reads_them(text: str, names: list[str]) -> None:
    assert raw(text, NPM) == names


CODE = """First the program:

```python
import os, cv2
from google.cloud import storage
import tide_reader.client as client
from config import settings
```

Install it:

```bash
$ pip install opencv-python tide-reader && npm i tide-widget
```

requirements.txt:

```text requirements.txt
tide-store==2.0
```
"""


def test_code_gives_what_its_commands_its_manifests_and_its_imports_name() -> None:
    found = extract.names(CODE, PYPI, Form.CODE)
    told, refused = SORTER.sorted(found.found, "Read tides.")
    names = {(each.ecosystem, str(each.name)): each.sort for each in told}
    assert names == {
        (PYPI, "opencv-python"): Sort.LISTED,
        (PYPI, "tide-reader"): Sort.UNKNOWN,
        (NPM, "tide-widget"): Sort.UNKNOWN,
        (PYPI, "tide-store"): Sort.UNKNOWN,
        (PYPI, "os"): Sort.LANGUAGE,
    }
    assert refused == 0


def test_code_without_a_fence_is_code_all_the_same() -> None:
    assert raw("import tide_reader\n", PYPI, Form.CODE) == ["tide_reader"]
    assert raw('const a = require("tide-reader/sub")', NPM, Form.CODE) == ["tide-reader"]


def test_a_module_stands_for_the_distribution_that_holds_it() -> None:
    told, _ = SORTER.sorted([Found(PYPI, "google.cloud.storage.blob", module=True)], "")
    assert [(each.name, each.sort) for each in told] == [("google-cloud-storage", Sort.UNKNOWN)]
    told, _ = SORTER.sorted([Found(PYPI, "cv2.aruco", module=True)], "")
    assert [(each.name, each.sort) for each in told] == [("opencv-python", Sort.LISTED)]


def test_names_are_canonical_and_counted_once() -> None:
    told, _ = SORTER.sorted([Found(PYPI, "Tide_Reader"), Found(PYPI, "tide.reader"), Found(PYPI, "tide-reader")], "")
    assert [each.name for each in told] == ["tide-reader"]


@pytest.mark.parametrize(
    ("ecosystem", "name", "sort"),
    [
        (PYPI, "Flask", Sort.LISTED),
        (PYPI, "sqlite3", Sort.LANGUAGE),
        (PYPI, "acme-billing", Sort.INTERNAL),
        (NPM, "@acme/billing", Sort.INTERNAL),
        (PYPI, "tides", Sort.ECHOED),
        (PYPI, "tide_meters", Sort.ECHOED),
        (PYPI, "tide-reader", Sort.UNKNOWN),
        (PYPI, "cv2", Sort.UNKNOWN),
    ],
)
def test_each_name_is_sorted_by_what_is_known_of_it(ecosystem: Ecosystem, name: str, sort: Sort) -> None:
    prompt = "Read tides. No module named 'tide_meters'. What goes with flask?"
    (told,), _ = SORTER.sorted([Found(ecosystem, name)], prompt)
    assert told.sort is sort


def test_what_is_no_name_is_counted_and_left_out() -> None:
    text = '{"packages": ["p\u0430ndas", "\u202eevil", "a b c d e", "%s", "fine"]}' % ("x" * 400)
    found = extract.names(text, PYPI, Form.JSON)
    told, refused = SORTER.sorted(found.found, "")
    assert [each.name for each in told] == ["fine"]
    assert found.refused + refused == 4


def test_a_list_without_end_gives_a_bounded_number_of_names() -> None:
    text = json.dumps({"packages": [f"name-{number}" for number in range(5000)]})
    assert len(raw(text)) == MOST


@given(st.text(max_size=400), st.sampled_from(Form), st.sampled_from(Ecosystem))
def test_no_text_is_an_error(text: str, form: Form, ecosystem: Ecosystem) -> None:
    found = extract.names(text, ecosystem, form)
    told, _ = SORTER.sorted(found.found, text)
    assert len({(each.ecosystem, each.name) for each in told}) == len(told)


_PIECES = st.lists(
    st.sampled_from(["```", "\n", '{"packages": [', '"a-b"', ",", "]}", "pip install x-y", "import q", "<think>", "["]),
    max_size=30,
)


@given(_PIECES, st.sampled_from(Form))
def test_no_heap_of_likely_pieces_is_an_error(pieces: list[str], form: Form) -> None:
    SORTER.sorted(extract.names("".join(pieces), PYPI, form).found, "")
