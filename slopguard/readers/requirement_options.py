"""The options on a line of a requirement file, by pip's own means."""

from __future__ import annotations

from optparse import OptionParser
from typing import NoReturn


class _Parser(OptionParser):
    """The options of a requirement file's line; `optparse`, as in pip, for its abbreviations and its `-rFILE`."""

    def __init__(self) -> None:
        super().__init__(add_help_option=False)
        for flags, dest in (
            (("-r", "--requirement"), "requirements"),
            (("-c", "--constraint"), "constraints"),
            (("-e", "--editable"), "editables"),
            (("--extra-index-url",), "extra_index_urls"),
            (("-f", "--find-links"), "find_links"),
            (("--no-binary",), "no_binary"),
            (("--only-binary",), "only_binary"),
            (("--trusted-host",), "trusted_hosts"),
            (("--use-feature",), "features"),
            (("--all-releases",), "all_releases"),
            (("--only-final",), "only_final"),
            (("--hash",), "hashes"),
            (("--global-option",), "global_options"),
            (("-C", "--config-setting", "--config-settings"), "config_settings"),
        ):
            self.add_option(*flags, dest=dest, action="append")
        self.add_option("-i", "--index-url", "--pypi-url", dest="index_url")
        for flag in ("--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre"):
            self.add_option(flag, dest=flag[2:].replace("-", "_"), action="store_true", default=False)

    def error(self, msg: str) -> NoReturn:
        """Turn `optparse`'s exit into an exception; its text (it quotes the file) is not passed on."""
        raise ValueError


PARSER = _Parser()
