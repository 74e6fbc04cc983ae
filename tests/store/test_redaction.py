"""Secrets never reach the ledger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.store.redact import LONGEST, redact

SECRET = "hunter2-s3cr3t"


@pytest.mark.parametrize(
    "command",
    [
        f"pip install --index-url https://user:{SECRET}@registry.example/simple x",
        f"pip install --index-url=https://{SECRET}@registry.example/simple x",
        f"PIP_INDEX_URL=https://u:{SECRET}@registry.example/ pip install x",
        f"npm install --//registry.example/:_authToken={SECRET}",
        f"npm config set //registry.example/:_authToken {SECRET}",
        f"npm config set _auth={SECRET}",
        f"NPM_TOKEN={SECRET} npm ci",
        f"NODE_AUTH_TOKEN='{SECRET}' npm ci",
        f"npm publish --otp {SECRET}",
        f"uv publish --token {SECRET}",
        f"uv publish --password={SECRET} --username u",
        f'twine upload --password "{SECRET} more" dist/x',
        f"UV_INDEX_ACME_PASSWORD={SECRET} uv sync",
        f"curl -H 'Authorization: Bearer {SECRET}' https://registry.example/",
        f"curl -H 'authorization: {SECRET}' https://registry.example/",
        f"pip install 'x @ https://files.registry.example/x.whl?token={SECRET}'",
        f"pip install git+https://oauth2:{SECRET}@git.example/x.git",
        f"pip install https://user:p@{SECRET}@registry.example/x.whl",
        f"pip install --index-url https://user:{SECRET}/x@registry.example/simple x",
        f"pip install --index-url 'https://user:x#?{SECRET}@registry.example/simple' x",
        f"pip install 'https:\\\\user:{SECRET}@registry.example/x.whl'",
        f"pip install 'https://files.registry.example/x.whl?se=1&sig={SECRET}'",
        f"pip install 'https://files.registry.example/x.whl?X-Amz-Signature={SECRET}&X-Amz-Date=1'",
        f"pip install 'https://files.registry.example/x.whl?access_key={SECRET}'",
        f"run eyJhbGciOiJIUzI1NiJ9.{SECRET.replace('-', '')}.x",
        f"run npm_{SECRET.replace('-', '')}abcdefghijkl",
        f"run glpat-{SECRET}-abcdefgh",
        f"run AKIA{'7' * 16}",
    ],
)
def test_a_secret_is_taken_out_of_a_command(command: str) -> None:
    text = redact(command)
    assert SECRET not in text
    assert SECRET.replace("-", "") not in text
    assert "***" in text


@pytest.mark.parametrize(
    "command",
    [
        "pip install flask==3.0 requests>=2",
        "npm install @acme/token-bucket",
        "uv add jwt-token flask --index acme",
        "npm i http://registry.example:8080/@acme/x",
        "",
    ],
)
def test_a_command_without_secrets_stays_as_it_is(command: str) -> None:
    assert redact(command) == command


@given(st.text(max_size=2000))
def test_the_result_is_one_short_printable_line(text: str) -> None:
    shown = redact(text)
    assert len(shown) <= LONGEST
    assert shown.isascii()
    assert shown.isprintable()


@given(st.text("abcdefgh0123456789_-.~", min_size=8, max_size=40).filter(lambda text: text.strip("-.~_") == text))
def test_no_password_in_a_url_survives(secret: str) -> None:
    assert redact(f"pip install -i https://zz:{secret}@registry.example/ x").count(secret) == 0
