"""`lists.toml` and the keys beside it: read strictly, so that what is signed is what people meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner

from slopguard.curation import people
from slopguard.curation.layout import Layout
from slopguard.errors import InputError
from slopguard.signing.keys import PublicKey
from tests.curation.repository import LISTS, NAMES, Repository

KEYS = {name: PublicKey(name, CryptoSigner.generate_ed25519().public_key) for name in NAMES}


def of(text: str) -> people.People:
    import tomllib

    return people.of(tomllib.loads(text), KEYS)


def changed(old: str, new: str) -> str:
    assert old in LISTS
    return LISTS.replace(old, new, 1)


def test_everybody_has_duties_and_their_thresholds() -> None:
    found = of(LISTS)
    assert found.name == "acme"
    assert found.duties["root"] == people.Duty(("ana", "ben", "cem"), 2, 365)
    assert found.duties["watch"] == people.Duty(("ci",), 1, 30)
    assert found.duties["timestamp"] == people.Duty(("ci",), 1, 7)
    assert found.teams == ("payments", "web")
    assert found.internal["payments"] == {"npm": ("@acme-pay/*",), "pypi": ("acme-pay-*",)}
    assert found.roles_of("ana") == ("root", "targets")
    assert found.named(KEYS["dee"].keyid) == "dee"
    assert found.named("0" * 64) is None


def test_globs_of_pypi_come_out_as_names_are_spelled() -> None:
    assert of(changed("acme-pay-*", "Acme_Pay.*")).internal["payments"]["pypi"] == ("acme-pay-*",)


@pytest.mark.parametrize(
    ("old", "new", "problem", "hint"),
    [
        ('name = "acme"', 'name = "Acme Inc"', "name must be small letters", "Correct lists.toml"),
        ('name = "acme"', 'name = "acme"\nnmae = "x"', "there is no setting 'nmae'", "The nearest is 'name'"),
        ("threshold = 2", "treshold = 2", "there is no setting 'root.treshold'", "The nearest is 'threshold'"),
        ("threshold = 2", "zzz = 2", "there is no setting 'root.zzz'", "Known are: threshold, keys, days"),
        ("threshold = 2", "internal = {}", "there is no setting 'root.internal'", ""),
        ("threshold = 2", "threshold = 4", "root.threshold must be a number from 1 to 3", ""),
        ("threshold = 2", "threshold = 0", "root.threshold must be a number from 1 to 3", ""),
        ("threshold = 2", "threshold = true", "root.threshold must be a number", ""),
        ("threshold = 2\n", "", "root.threshold must be a number", ""),
        ("days = 365", "days = 0", "root.days must be a number from 1 to 3650", ""),
        ("days = 365", 'days = "365"', "root.days must be a number", ""),
        ('["ana", "ben", "cem"]', "[]", "root.keys must be a list of names", ""),
        ('["ana", "ben", "cem"]', '["ana", 1]', "root.keys must be a list of names", ""),
        ('["ana", "ben", "cem"]', '["ana", "ana"]', "root.keys names a key twice", ""),
        ('["ana", "ben", "cem"]', '["ana", "zoe"]', "root names 'zoe', but there is no keys/zoe.json", "keys show zoe"),
        ("[root]", "[root.x]", "there is no setting 'root.x'", ""),
        ('[snapshot]\nkeys = ["ci"]\n', "", "there must be a table 'snapshot'", ""),
        ("[teams.payments]", "[teams.common]", "no team can be called 'common'", ""),
        ("[teams.payments]", "[teams.Pay]", "no team can be called 'Pay'", ""),
        ("[teams.payments]", '[teams."a\\u001bb"]', "no team can be called 'a\\x1bb'", ""),
        (
            'keys = ["dee"]',
            'keys = ["ci"]',
            "'ci' signs for CI, so it may not sign payments",
            "Give it a key of its own",
        ),
        (
            'internal.pypi = ["acme-pay-*"]',
            'internal.cargo = ["x*"]',
            "there is no setting 'teams.payments.internal.cargo'",
            "",
        ),
        ('internal.pypi = ["acme-pay-*"]', 'internal.pypi = "x*"', "must be a list of patterns", ""),
        (
            'internal.pypi = ["acme-pay-*"]',
            'internal.pypi = ["*-acme"]',
            "holds '*-acme', which is no pattern",
            "starts",
        ),
        (
            'internal.npm = ["@acme-web/*"]',
            'internal.npm = ["@acme-*/*"]',
            "'@acme-pay/*' of payments and '@acme-*/*'",
            "",
        ),
        ('internal.npm = ["@acme-web/*"]', "internal = 3", "there must be a table 'teams.web.internal'", ""),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(old: str, new: str, problem: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        of(changed(old, new))
    assert problem in str(refused.value)
    assert hint in refused.value.diagnosis()
    assert refused.value.exit_code == 2


def test_ci_signs_its_roles_alone() -> None:
    text = changed('[snapshot]\nkeys = ["ci"]', '[snapshot]\nkeys = ["ci", "fay"]\nthreshold = 2')
    with pytest.raises(InputError, match=r"snapshot\.threshold must be 1, because CI signs it alone"):
        of(text)


def test_teams_is_a_table_of_tables() -> None:
    with pytest.raises(InputError, match=r"there must be a table 'teams\.x'"):
        of('name = "acme"\nteams.x = 1\n' + LISTS.partition("\n")[2].partition("[teams")[0])


def test_nobody_counts_twice_under_two_names() -> None:
    twice = {**KEYS, "ben": PublicKey("ben", KEYS["ana"].key)}
    import tomllib

    with pytest.raises(InputError, match=r"keys/ana\.json and keys/ben\.json hold the same key"):
        people.of(tomllib.loads(LISTS), twice)


def test_nobody_counts_twice_with_one_key_that_signs_in_two_ways() -> None:
    import tomllib

    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from securesystemslib.signer import SSlibKey

    public = generate_private_key(65537, 2048).public_key()
    one, other = (SSlibKey.from_crypto(public, scheme=way) for way in ("rsassa-pss-sha256", "rsa-pkcs1v15-sha256"))
    assert one.keyid != other.keyid
    twice = {**KEYS, "ana": PublicKey("ana", one), "ben": PublicKey("ben", other)}
    with pytest.raises(InputError, match="hold the same key"):
        people.of(tomllib.loads(LISTS), twice)


def test_a_repository_is_read_with_its_keys(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "lists")
    found = people.read(repository.layout)
    assert set(found.keys) == set(NAMES) - {"fay"}
    assert found.keys["ana"].keyid == repository.keys["ana"].public_key.keyid


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"name": "ana"}'])
def test_a_file_that_is_no_public_key_is_named(tmp_path: Path, content: bytes) -> None:
    repository = Repository(tmp_path / "lists")
    (repository.layout.keys / "ana.json").write_bytes(content)
    with pytest.raises(InputError, match=r"ana\.json"):
        people.read(repository.layout)


def test_a_key_under_another_name_than_its_own_is_refused(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "lists")
    (repository.layout.keys / "ana.json").rename(repository.layout.keys / "zoe.json")
    with pytest.raises(InputError, match=r"keys/zoe\.json holds a key of another name") as refused:
        people.read(repository.layout)
    assert refused.value.hint == "Call it ana.json"


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", None])
def test_settings_that_are_no_toml_are_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "lists.toml").write_bytes(content)
    with pytest.raises(InputError, match=r"lists\.toml cannot be read"):
        people.read(Layout(tmp_path))
