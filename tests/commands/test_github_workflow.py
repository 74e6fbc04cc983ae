"""GitHub's workflows: steps in every way of writing them, their variables, shells and folders."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import github_workflow

from .found import files, names, reading, reads_or_refuses, unclear

NAME = ".github/workflows/ci.yml"


def read(text, name=NAME):
    return reading(github_workflow, name, text)


def steps(*lines):
    return read("jobs:\n  test:\n    steps:\n" + "".join(f"{line}\n" for line in lines))


def test_every_way_of_writing_a_scalar_keeps_its_lines():
    found = steps(
        "      - run: pip install flask",
        "      - run: |",
        "          # comment",
        "          pip install \\",
        "            rich",
        "      - run: >-",
        "          pip install",
        "          click",
        "",
        "          npm i left-pad",
        '      - run: "pip install \\',
        '          httpx"',
        "      - {run: 'pip install attrs'}",
        "      - run:",
        "          pip install",
        "          anyio",
        '      - run: "true\\nnpx serve"',
    )
    assert names(found) == [
        ("flask", 4),
        ("rich", 8),
        ("click", 11),
        ("left-pad", 13),
        ("httpx", 14),
        ("attrs", 16),
        ("anyio", 19),
        ("serve", 20),
    ]
    assert found.problems == ()


def test_an_expression_is_undecidable_where_a_package_stands():
    found = steps(
        "      - run: pip install ${{ matrix.package }}",
        "      - run: pip install 'flask==${{ matrix.version }}'",
        "      - run: echo ${{ github.ref }} && pip install '${{ inputs.what }}'",
    )
    assert [each.raw for each in found.sightings] == ["flask"]
    assert unclear(found)[0] == 4
    assert unclear(found)[-1] == 6


def test_variables_of_a_step_its_job_and_its_workflow_count():
    found = read("""env:
  TOOL: ruff
  LATER: ${{ inputs.x }}
jobs:
  a:
    env: {TOOL2: mypy}
    steps:
      - run: pip install $TOOL "$TOOL2"
      - run: pip install $TOOL $LATER
        env:
          TOOL: black
  b:
    steps:
      - run: pip install $TOOL2
      - run: pip install flask
        env: {PIP_INDEX_URL: "https://mirror.example/simple"}
""")
    assert names(found) == [("ruff", 8), ("mypy", 8), ("black", 9), ("flask", 15)]
    assert unclear(found) == [9, 14]
    assert [each.source.index for each in found.sightings] == [None, None, None, "https://mirror.example/simple"]


def test_shells_are_read_as_what_they_are():
    found = read("""defaults: {run: {shell: pwsh}}
jobs:
  a:
    steps:
      - run: |
          $env:A = "1"
          & pip install flask
      - shell: cmd
        run: call pip install rich
      - shell: python
        run: |
          import pip
      - shell: bash -l {0}
        run: pip install click
  b:
    runs-on: windows-latest
    steps: [{run: "pip install httpx"}]
""")
    assert names(found) == [("flask", 7), ("rich", 9), ("click", 14), ("httpx", 17)]


def test_paths_start_at_the_repository_or_where_the_step_works():
    found = read("""jobs:
  a:
    defaults: {run: {working-directory: api}}
    steps:
      - run: pip install -r reqs.lst
      - run: pip install -r reqs.lst
        working-directory: web
      - run: pip install -r ${{ github.workspace }}/top.lst
        working-directory: .
""")
    assert files(found) == ["api/reqs.lst", "web/reqs.lst", "top.lst"]


def test_a_workflow_checked_from_its_own_folder_starts_at_the_repository(tmp_path, monkeypatch):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    text = "jobs: {a: {steps: [{run: pip install -r reqs.lst}]}}"
    found = github_workflow.read(Path("ci.yml"), lambda _: text)
    assert [each.resolve() for each in found.files] == [tmp_path / "reqs.lst"]


def test_a_folder_that_only_a_run_can_tell_is_told():
    found = steps("      - run: pip install -r reqs.lst", "        working-directory: ${{ matrix.app }}")
    assert unclear(found) == [4]


def test_a_composite_action_has_steps_of_its_own():
    text = """runs:
  using: composite
  steps:
    - run: pip install flask -r ${{ github.action_path }}/reqs.lst
      shell: bash
    - uses: someone/else@v1
      with: {name: pip install nothing}
"""
    found = read(text, ".github/actions/setup/action.yml")
    assert names(found) == [("flask", 4)]
    assert files(found) == [".github/actions/setup/reqs.lst"]
    assert files(read(text, "setup/action.yml")) == ["setup/reqs.lst"]


def test_steps_shared_by_an_alias_are_told_once():
    found = read("""jobs:
  a:
    steps: &s
      - run: pip install flask
  b:
    steps: *s
""")
    assert names(found) == [("flask", 4)]


def test_what_the_project_has_installed_is_not_fetched():
    text = """jobs:
  a:
    steps:
      - run: npx eslint . && npx serve && pnpm exec tsc
      - run: pnpm dlx eslint
"""
    found = reading(
        github_workflow, NAME, text, {"package.json": '{"devDependencies": {"eslint": "9", "typescript": "5"}}'}
    )
    assert names(found) == [("serve", 4), ("eslint", 5)]


@given(st.text() | st.text().map(lambda text: f"jobs: {{a: {{steps: [{{run: '{text}'}}]}}}}"))
def test_any_text_is_read(text):
    reads_or_refuses(github_workflow, NAME, text)


@given(st.text("ab \n'\"\\#<>|-&*:{}$", max_size=80))
def test_any_block_of_text_is_read(text):
    body = text.replace("\n", "\n     ")
    reads_or_refuses(github_workflow, NAME, f"jobs:\n a:\n  steps:\n   - run: >\n      pip install x {body}\n")
