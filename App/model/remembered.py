"""The results of work that is asked for again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Keeps the values that were used last; may be used from several threads.

    Parameters
    ----------
    most:
        Values that are kept.
    worth_keeping:
        Tells of a value whether it is kept at all.
    """

    def __init__(self, most: int, worth_keeping: Callable[[V], bool] = lambda _: True) -> None:
        self._most = most
        self._worth_keeping = worth_keeping
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what is kept, or make it; two threads at once may both make it."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        if self._worth_keeping(value):
            with self._lock:
                self._values[key] = value
                if len(self._values) > self._most:
                    self._values.popitem(last=False)
        return value
