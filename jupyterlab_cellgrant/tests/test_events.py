"""How server-sent events are taken apart."""

from __future__ import annotations

import json

import pytest

from ..event_stream import EventStream

TWO = b'id: 1\ndata: {"revision": 1}\n\n:\n\nid: 2\ndata: {"revision":\ndata: 2}\n\n'


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_the_newest_event_is_kept_however_it_was_cut(size: int) -> None:
    stream = EventStream()
    for at in range(0, len(TWO), size):
        stream.feed(TWO[at : at + size])
    assert stream.has_news.is_set()
    assert stream.take() == {"revision": 2}
    assert not stream.has_news.is_set()
    assert stream.take() is None


async def test_a_comment_is_no_event() -> None:
    stream = EventStream()
    stream.feed(b":\n\n")
    assert not stream.has_news.is_set()
    assert stream.take() is None


async def test_what_is_not_json_is_told() -> None:
    stream = EventStream()
    stream.feed(b"data: {\n\n")
    with pytest.raises(json.JSONDecodeError):
        stream.take()
