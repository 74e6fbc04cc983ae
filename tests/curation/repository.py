"""A repository of lists for tests: people with keys in memory, sources on disk, and the stock TUF client as reader."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

from slopguard.curation import ceremony
from slopguard.curation.layout import Layout
from slopguard.curation.publish import Published, publish
from slopguard.signing.keys import PublicKey

LISTS = """\
name = "acme"
[root]
threshold = 2
keys = ["ana", "ben", "cem"]
days = 365
[targets]
threshold = 2
keys = ["ana", "ben", "cem"]
days = 90
[watch]
keys = ["ci"]
[snapshot]
keys = ["ci"]
[timestamp]
keys = ["ci"]
[teams.payments]
keys = ["dee"]
internal.pypi = ["acme-pay-*"]
internal.npm = ["@acme-pay/*"]
[teams.web]
keys = ["eve"]
internal.npm = ["@acme-web/*"]
"""
SOURCES = {
    "common/pypi.toml": """\
[allow.pypi.flask]
versions = [">=3,<4"]
reason = "web"
[deny.pypi.evil]
rule = "malicious"
""",
    "teams/payments/pypi.toml": '[allow.pypi.acme-pay-core]\n[allow.pypi.payfast]\nversions = "1.0"\n',
    "teams/web/npm.toml": '[allow.npm."@acme-web/ui"]\n',
    "watch/pypi.toml": '[watch.pypi.flask-auth-magic]\norigin = "imported"\nsource = "study"\n',
}
NAMES = ("ana", "ben", "cem", "dee", "eve", "ci", "fay")


class Repository:
    """`lists.toml`, keys and sources in a folder.

    Args:
        folder: an empty one.
        lists: the text of `lists.toml`.
    """

    def __init__(self, folder: Path, lists: str = LISTS, sources: Mapping[str, str] = SOURCES) -> None:
        self.layout = Layout(folder)
        self.out = folder.parent / f"{folder.name}-served"
        self.keys = {name: CryptoSigner.generate_ed25519() for name in NAMES}
        self.write("lists.toml", lists)
        for name in NAMES[:-1]:
            self.give(name)
        for path, text in sources.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        place = self.layout.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.layout.root / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new))

    def give(self, name: str) -> None:
        """Put a public key into `keys/`."""
        self.write(f"keys/{name}.json", PublicKey(name, self.keys[name].public_key).to_json())

    def stage(self, today: date | None = None, renew: int = 0) -> dict[str, str]:
        """Role to why it was staged."""
        changes = ceremony.stage(self.layout, today or datetime.now(UTC).date(), renew)
        return {change.role: change.why for change in changes}

    def sign(self, *names: str) -> None:
        for name in names:
            ceremony.sign(self.layout, self.keys[name])

    def publish(self, now: datetime | None = None, *, pack: Path | None = None, ready: bool = False) -> Published:
        return publish(self.layout, self.out, self.keys["ci"], now or datetime.now(UTC), pack, ready=ready)

    def start(self) -> Published:
        """Everything staged, signed and published."""
        self.stage()
        self.sign("ana", "ben", "dee", "eve")
        return self.publish()


class Reader:
    """A machine with the stock client of python-tuf, which keeps what it saw."""

    def __init__(self, out: Path, state: Path | None = None) -> None:
        self.out = out
        self.state = state or Path(tempfile.mkdtemp(dir=out.parent))
        self.root = (out / "metadata" / "1.root.json").read_bytes()

    def targets(self, *names: str) -> dict[str, bytes]:
        """Refresh, and read these targets (all that there can be, unless told)."""
        (self.state / "metadata").mkdir(exist_ok=True)
        updater = Updater(
            str(self.state / "metadata"),
            "lists:metadata/",
            str(self.state),
            "lists:targets/",
            _Folder(self.out),
            bootstrap=self.root,
        )
        updater.refresh()
        found = {}
        for name in names or ("lists.json", "common.tsv", "payments.tsv", "web.tsv", "watch.tsv"):
            info = updater.get_targetinfo(name)
            if info is not None:
                found[name] = Path(updater.download_target(info)).read_bytes()
        return found


class _Folder(FetcherInterface):
    """Serves a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self.folder / url.removeprefix("lists:")
        if not path.is_file():
            raise DownloadHTTPError("not there", 404)
        return iter([path.read_bytes()])
