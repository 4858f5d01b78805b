"""What is kept in memory of texts that were read, so that none is read twice; and how all of it is dropped when a
client is erased."""

from __future__ import annotations

from collections.abc import Callable
from functools import _lru_cache_wrapper, lru_cache
from typing import TypeVar
from weakref import WeakSet

T = TypeVar("T")

_kept: WeakSet[_lru_cache_wrapper[object]] = WeakSet()


def remembered(maxsize: int) -> Callable[[Callable[..., T]], _lru_cache_wrapper[T]]:
    """`functools.lru_cache` for a function of texts that may be a client's."""

    def keep(function: Callable[..., T]) -> _lru_cache_wrapper[T]:
        kept = lru_cache(maxsize=maxsize)(function)
        _kept.add(kept)
        return kept

    return keep


def forget() -> None:
    """Drop everything that is kept."""
    for kept in _kept:
        kept.cache_clear()
