"""The one error tree.

    SlopguardError                     exit 5  internal-error
    |-- UsageError                     exit 2  usage            the command line is wrong
    |-- ConfigError                    exit 2  config           a settings file is wrong, or would loosen
    |-- InputError                     exit 2  bad-input        a manifest, lock file or list cannot be read
    |-- SigningError                   exit 2  signing          a key cannot be used, or may not sign this
    `-- EnvironmentFailed              exit 4  could not verify
        |-- ListInvalid                        list-invalid     a list is not the one that was signed
        |-- ListExpired                        list-expired     a list has expired, or the clock is before its signature
        |-- StoreError                         store            the database cannot be read or written
        `-- UpstreamError                      upstream-down    an index gave no usable answer
            `-- UpstreamAuth                   upstream-auth    an index refused our credentials

Every error maps to one exit code and one fixed code. `str(error)` is one line of our own words: it never
repeats text received from a registry, and never a secret. `diagnosis()` adds what to do next, and is one line that a
terminal shows as it stands, whatever a path in it is called.
"""

from __future__ import annotations


class SlopguardError(Exception):
    """Root of all errors raised on purpose.

    Args:
        message: one line, our own words.
        hint: what to do next, one line; printed by `diagnosis`.
    """

    exit_code = 5
    code = "internal-error"
    default_hint = "This is a fault in slopguard; please report it with the command you ran"

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint or self.default_hint

    def diagnosis(self) -> str:
        """The message for a person: what happened, and what to do next; a command at its end runs as printed."""
        end = "" if ": slopguard " in self.hint else "."
        return printable(f"slopguard: {self}. {self.hint}{end}")


def printable(text: str) -> str:
    """The text with every character that moves a terminal's cursor, or shows as nothing, written as an escape."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


class UsageError(SlopguardError):
    """The command line cannot be understood."""

    exit_code = 2
    code = "usage"
    default_hint = "See slopguard --help"


class ConfigError(SlopguardError):
    """A settings file is malformed, holds an unknown key, or would loosen a higher layer."""

    exit_code = 2
    code = "config"
    default_hint = "Correct the file, or ask a person to accept it"


class InputError(SlopguardError):
    """A file the user named (manifest, lock file, list) cannot be read as what it claims to be."""

    exit_code = 2
    code = "bad-input"
    default_hint = "Correct the file; nothing was installed"


class SigningError(SlopguardError):
    """A key cannot be read or used, a passphrase is wrong, or a key may not sign what it is asked to sign."""

    exit_code = 2
    code = "signing"
    default_hint = "See: slopguard keys list"


class EnvironmentFailed(SlopguardError):
    """Something outside failed, so that a verdict could not be reached."""

    exit_code = 4
    code = "upstream-down"
    default_hint = "Retry once later"


class ListInvalid(EnvironmentFailed):
    """A list is not the one that was signed: its bytes, its signatures or its version are not what they must be."""

    code = "list-invalid"
    default_hint = "See what is wrong: slopguard lists verify"


class ListExpired(EnvironmentFailed):
    """A list has expired beyond its grace, or this machine's clock is before the moment it was signed."""

    code = "list-expired"
    default_hint = "Fetch it again: slopguard lists sync"


class StoreError(EnvironmentFailed):
    """The database cannot be opened, read or written."""

    code = "store"
    default_hint = "Check SLOPGUARD_HOME: free space, permissions, and that one user owns it"


class UpstreamError(EnvironmentFailed):
    """An index did not answer, or its answer is not usable."""

    code = "upstream-down"
    default_hint = "Nothing is wrong with the name; retry once later"


class UpstreamAuth(UpstreamError):
    """An index answered 401 or 403 to the credentials the client is configured with."""

    code = "upstream-auth"
    default_hint = "Check the credentials your client uses for that index"
