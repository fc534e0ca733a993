"""A long session: a thousand searches take no more memory than the first hundred."""

import gc
import resource
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, QEvent
from search_world import Searching, make_matrix, make_world, settle

from sbmir.encoding import CodeEncoder

SEARCHES = 1000
FIRST = 100
STATUS = Path("/proc/self/statm")
MOST_GROWTH = 1.05


def memory_mb() -> float:
    gc.collect()
    return int(STATUS.read_text().split()[1]) * resource.getpagesize() / 1e6


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.is_file(), reason="the system does not tell a process's memory")
def test_a_thousand_searches_take_no_more_memory_than_the_first_hundred(tmp_path, qtbot):
    world = make_world(tmp_path)
    model = world.choice.model
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    search = Searching(world, *make_matrix(world, encoder))
    search.searching.set_reference(search.reference)
    rng = np.random.default_rng(1)
    after_first = 0.0
    for number in range(SEARCHES):
        left, top = rng.uniform(2, 20, 2)
        search.draw((left, top, rng.uniform(3, 9)))
        search.searching.set_mirror(bool(number % 2))
        search.searching.search()
        settle(qtbot, search, lambda: search.told["found"])
        search.searching.set_imagining(not number % 20)
        search.searching.more()
        settle(qtbot, search)
        for heard in search.told.values():
            heard.clear()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if number + 1 == FIRST:
            after_first = memory_mb()
    assert memory_mb() <= after_first * MOST_GROWTH
