"""Which files are known to hold commands, by their paths."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.check.kinds import KINDS, Kind, kinds_of

HELD = {
    "shell_file": "a.sh x/a.ps1 a.bat .envrc Procfile .bashrc .zprofile deploy.sh.j2 .husky/pre-commit",
    "dockerfile": "Dockerfile x/Dockerfile.dev dev.Dockerfile api.dockerfile Dockerfile-gpu Containerfile Dockerfile.j2"
    " Dockerfile_base prod.Dockerfile.in",
    "github_workflow": ".github/workflows/ci.yml x/.gitea/workflows/a.yaml action.yml setup/action.yaml",
    "ci_yaml": ".gitlab-ci.yml x/lint.gitlab-ci.yml .gitlab/ci/a.yml .circleci/config.yml azure-pipelines.yml"
    " ci/azure-pipelines-nightly.yml .azure/a/b.yml bitbucket-pipelines.yml .travis.yml .drone.yml"
    " .buildkite/pipeline.yml appveyor.yml .appveyor.yml .readthedocs.yaml readthedocs.yml Taskfile.yml"
    " taskfile.dist.yaml compose.yaml docker-compose.dev.yml buildspec.yml cloudbuild.yaml .cirrus.yml"
    " .semaphore/semaphore.yml .gitpod.yml lefthook.yml .pre-commit-config.yaml",
    "makefile": "Makefile makefile GNUmakefile Makefile.am rules.mk justfile .justfile a.just",
    "devcontainer": ".devcontainer/devcontainer.json .devcontainer/x/devcontainer.json .devcontainer.json",
    "package_scripts": "package.json x/package.json deno.json deno.jsonc",
    "tox": "tox.ini tox.toml setup.cfg pyproject.toml",
    "nox": "noxfile.py",
}
OTHER = (
    "Dockerfile.md dockerfile.py test_dockerfile.py Dockerfile.dockerignore a.yml Makefile.py Makefile.source.ts"
    " shell.py mydockerfile"
)


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in HELD.items() for path in paths.split()])
def test_files_that_hold_commands(kind, path):
    assert kind in [each.name for each in kinds_of(path)]


@pytest.mark.parametrize("path", OTHER.split())
def test_files_that_only_look_like_it(path):
    assert not set(HELD) & {each.name for each in kinds_of(path)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(data=st.data())
def test_no_path_of_a_kind_is_passed_over_for_its_ending(kind: Kind, data: st.DataObject) -> None:
    path = data.draw(st.from_regex(re.compile(rf"(?:{kind.pattern})\Z", re.ASCII), fullmatch=True))
    assert not kind.claims(path) or kind in kinds_of(path)
