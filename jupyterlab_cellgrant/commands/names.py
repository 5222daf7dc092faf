"""Which one of several a word on the command line means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import click

from .failure import Failure

Found = dict[str, Any]
ID_CHARS_SHOWN = 8


def find(word: str, among: Sequence[Found], names: Callable[[Found], list[str]]) -> Found | None:
    """The one with this id, or the only one whose id begins so or that is called so.

    None where there is none; raises ``Failure``, which lists them, where there are several.
    """
    if whole := [it for it in among if it["id"] == word]:
        return whole[0]
    if not word:  # as an unset variable of a script says, which means nobody
        return None
    found = [it for it in among if it["id"].startswith(word) or word in names(it)]
    if len(found) > 1:
        listed = ", ".join(f"{it['id']} ({names(it)[0]})" for it in found)
        raise Failure(f'"{word}" matches {listed}: give more of the id.')
    return found[0] if found else None


def completion(
    known: Callable[[], Sequence[Found]], names: Callable[[Found], list[str]]
) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Offers a shell what the sidecar knows; nothing without one."""

    def complete(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
        try:
            among = known()
        except Failure:
            return []
        words = dict.fromkeys(word for it in among for word in (*names(it), it["id"]))
        # Shells quote nothing of what they are offered.
        return [it for it in words if it.startswith(begun) and not re.search(r"\s", it)]

    return complete
