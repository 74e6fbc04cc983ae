"""What a person who lets a package through is shown of it."""

from __future__ import annotations

from collections.abc import Iterator

from slopguard.model import Verdict
from slopguard.names import shown
from slopguard.versions import listed

ADVICE = ("  do ", "  or ", "  yours? ")
"""Lines of a report that say what to do instead: the person has decided to look at it."""


def known(verdict: Verdict) -> Iterator[str]:
    """What is known of the package, for the person who decides: the verdict without its advice, then its history."""
    from slopguard.reports import text

    yield from (line for line in text.report([verdict]) if not line.startswith(ADVICE))
    evidence, facts = verdict.evidence, verdict.evidence.facts
    if evidence.lookalike_of is not None:
        yield f"  like     {shown(evidence.lookalike_of)}, which is verified"
    if facts.releases:
        first = f"{facts.first_upload:%Y-%m-%d}" if facts.first_upload else "on a day the index does not tell"
        count = len(facts.releases)
        yield f"  history  first upload {first}, {count:,} version{'s' * (count != 1)} listed now"
    request = verdict.request
    for release in listed(request.ecosystem, request.version, facts) if request.version else ():
        uploaded = f"{release.uploaded:%Y-%m-%d}" if release.uploaded else "on a day the index does not tell"
        scripts = "; installing it runs code of its own" if release.install_script else ""
        yield f"  version  uploaded {uploaded}{scripts}"
        if release.foreign:
            yield "  version  requires something from a URL, a repository or a path; nobody judges that"
