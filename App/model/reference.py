"""The opened reference database with the networks: everything that a search needs."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from App.model.choice import Choice
from App.model.sketch import Sketch
from sbmir.keys import SliceKey
from sbmir.labels import PAINT_ORDER, TissueClass
from sbmir.slices import load_stack

if TYPE_CHECKING:  # these load PyTorch or pymongo, which wait for the background
    from sbmir.encoding import CodeEncoder
    from sbmir.retrieval import RankedPatient, Retriever

REMEMBERED_SLICES = 64
"""Template slices whose codes are kept; one is a few kilobytes."""


@dataclass(frozen=True, eq=False)
class SearchRequest:
    """What is searched for: a sketch on a slice of normal brain.

    Parameters
    ----------
    template:
        The slice; its patient is left out of the results.
    extent_mm:
        Height and width of the slice picture that the sketch lies on.
    weight:
        0 compares the anatomy only, 1 the lesion only.
    top:
        Patients wanted.
    """

    template: SliceKey
    sketch: Sketch
    extent_mm: tuple[float, float]
    weight: float
    top: int


@dataclass(frozen=True, eq=False)
class SearchOutcome:
    """The ranked patients, and what it took to find them.

    Parameters
    ----------
    sketch_pixels:
        Pixels of the model's slice that the sketch covers, for each tissue.
    timings_ms:
        ``encode``, ``search`` and ``total``.
    n_patients:
        Patients that were compared.
    """

    request: SearchRequest
    results: tuple[RankedPatient, ...]
    sketch_pixels: Mapping[TissueClass, int]
    timings_ms: Mapping[str, float]
    n_patients: int


class Reference:
    """Encodes queries and ranks patients; may be used from several threads.

    Attributes
    ----------
    n_patients:
        How many can be found.
    note:
        What the user should know about them, such as who was left out.
    """

    def __init__(
        self, choice: Choice, encoder: CodeEncoder, retriever: Retriever, n_patients: int
    ) -> None:
        self.choice = choice
        self.n_patients = n_patients
        self.note = ""
        self._encoder = encoder
        self._retriever = retriever
        self._template_codes: OrderedDict[SliceKey, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Build the networks that every search needs, so that the first one is as fast."""
        size = self._encoder.sizes.image_size
        channels = self._encoder.sizes.input_dim
        self._encoder.encode_template(np.zeros((channels, size, size), np.float32))
        self._encoder.encode_sketch(np.zeros((size, size), np.uint8))

    def search(self, request: SearchRequest, check: Callable[[], None]) -> SearchOutcome:
        """Rank the patients of the reference database.

        Parameters
        ----------
        check:
            Called between the steps; may raise ``Cancelled``.

        Raises
        ------
        NotFoundError, DataError
            Where the template's slice is not there, is damaged, or is not of the model's size.
        """
        began = time.perf_counter()
        size = self._encoder.sizes.image_size
        labels = request.sketch.label_map((size, size), request.extent_mm)
        nac = self._template_code(request.template)
        check()
        aac = self._encoder.encode_sketch(labels)
        encoded = time.perf_counter()
        check()
        results = self._rank(request, nac, aac)
        ended = time.perf_counter()
        return SearchOutcome(
            request,
            results,
            {tissue: int(np.count_nonzero(labels == tissue)) for tissue in PAINT_ORDER},
            {
                "encode": (encoded - began) * 1000,
                "search": (ended - encoded) * 1000,
                "total": (ended - began) * 1000,
            },
            self.n_patients,
        )

    def _template_code(self, key: SliceKey) -> NDArray[np.float32]:
        """The slice's normal code, computed once per slice and not at each search."""
        with self._lock:
            if key in self._template_codes:
                self._template_codes.move_to_end(key)
                return self._template_codes[key]
        stack = load_stack(self.choice.dataset.slices_dir, key.patient, key.index)
        code = self._encoder.encode_template(stack)
        with self._lock:
            self._template_codes[key] = code
            if len(self._template_codes) > REMEMBERED_SLICES:
                self._template_codes.popitem(last=False)
        return code

    def _rank(
        self, request: SearchRequest, nac: NDArray[np.float32], aac: NDArray[np.float32]
    ) -> tuple[RankedPatient, ...]:
        from sbmir.retrieval import Query

        query = Query(nac=nac, aac=aac, template=request.template, weight=request.weight)
        return tuple(self._retriever.search(query, request.top))
