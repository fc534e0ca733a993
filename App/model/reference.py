"""The opened reference database with the networks: everything that a search needs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from App.model.choice import Choice
from App.model.lesion import SliceLesion, load_lesion, mirrored_sketch
from App.model.query_codes import QueryCodes, mirrored
from App.model.sketch import Sketch
from sbmir.errors import SbmirError
from sbmir.filters import NO_FILTERS, Filters
from sbmir.keys import SliceKey
from sbmir.labels import PAINT_ORDER, TissueClass

if TYPE_CHECKING:  # these load PyTorch or pymongo, which wait for the background
    from sbmir.codes import Precision
    from sbmir.encoding import CodeEncoder
    from sbmir.retrieval import Query, RankedPatient, Retriever

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SearchRequest:
    """What is searched for: a sketch on a slice of normal brain, or an example.

    Parameters
    ----------
    template:
        The slice, or the example; its patient is left out of the results.
    extent_mm:
        Height and width of the slice picture that the sketch lies on.
    weight:
        0 compares the anatomy only, 1 the lesion only.
    top:
        Patients wanted.
    mirror:
        Whether slice and sketch, or the example, are flipped left to right.
    filters:
        What a slice must show to be found.
    example:
        A reference slice that is the query instead of the sketch, which is empty then.
    """

    template: SliceKey
    sketch: Sketch
    extent_mm: tuple[float, float]
    weight: float
    top: int
    mirror: bool = False
    filters: Filters = NO_FILTERS
    example: SliceKey | None = None

    @property
    def is_example(self) -> bool:
        """Whether a reference slice is looked for, and not a sketch."""
        return self.example is not None

    def is_same(self, other: SearchRequest) -> bool:
        """Whether both ask for the same, however many patients they want of it."""
        alike = replace(self, sketch=other.sketch, top=other.top) == other
        return alike and self.sketch.is_same(other.sketch)


@dataclass(frozen=True, eq=False)
class SearchOutcome:
    """The ranked patients, and what it took to find them.

    Parameters
    ----------
    query:
        The codes that were compared.
    lesion:
        The sketch as the model sees it, before it is mirrored; of an example its own lesion, or
        None where its label map cannot be read.
    compared:
        What lies over the results, on a picture of ``extent_mm``: the sketch, or the lesion of
        the example; mirrored where the query is.
    timings_ms:
        ``encode``, ``search`` and ``total``.
    n_patients:
        Patients in the database.
    n_searched:
        Those among them that could be found, as they pass the filters and are not left out.
    usual_distance:
        Within which patients of the database usually have a neighbour; None where not known.
    """

    request: SearchRequest
    results: tuple[RankedPatient, ...]
    query: Query
    lesion: SliceLesion | None
    compared: Sketch
    timings_ms: Mapping[str, float]
    n_patients: int
    n_searched: int
    usual_distance: float | None

    @property
    def labels(self) -> NDArray[np.uint8] | None:
        """Class ids of the lesion, (rows, columns) uint8, before it is mirrored."""
        return None if self.lesion is None else self.lesion.labels

    @property
    def compared_labels(self) -> NDArray[np.uint8] | None:
        """``labels`` as they were compared: flipped left to right where the query is mirrored."""
        return None if self.lesion is None else mirrored(self.lesion.labels, self.request.mirror)

    @property
    def extent_mm(self) -> tuple[float, float]:
        """Height and width of the picture that ``compared`` lies on."""
        return self.request.extent_mm if self.lesion is None else self.lesion.extent_mm

    @property
    def sketch_pixels(self) -> Mapping[TissueClass, int]:
        """Pixels of each tissue that the model sees."""
        labels = self.labels
        if labels is None:
            return {}
        return {tissue: int(np.count_nonzero(labels == tissue)) for tissue in PAINT_ORDER}

    @property
    def is_far(self) -> bool:
        """Whether the nearest patient is farther than patients usually are from a neighbour."""
        if self.usual_distance is None or not self.results:
            return False
        return self.results[0].distance > self.usual_distance


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
        self._codes = QueryCodes(choice.dataset.slices_dir, encoder, retriever)

    @property
    def model_fingerprint(self) -> str:
        """Names the model that made the codes."""
        return self._encoder.fingerprint

    @property
    def sketch_precision(self) -> Precision:
        """What sketches are encoded in: float32 or, faster, bfloat16."""
        return self._encoder.sketch_precision

    def codes_fingerprint(self) -> str:
        """Names the searched codes; slow the first time, so to be called in the background."""
        return self._retriever.fingerprint()

    def warm_up(self) -> None:
        """Build the networks that every search needs, so that the first one is as fast."""
        size = self._encoder.sizes.image_size
        channels = self._encoder.sizes.input_dim
        self._encoder.encode_template(np.zeros((channels, size, size), np.float32))
        self._encoder.encode_sketch(np.zeros((size, size), np.uint8))

    def prepare(self) -> None:
        """Read what filters and ``usual_distance`` need, and what the first searches would make.

        It may take a while.

        Raises
        ------
        ServiceError
            Where the database does not answer.
        """
        self._retriever.prepare_weight(self.choice.model.weight)
        self._retriever.prepare()

    def encode_template(self, key: SliceKey) -> None:
        """Compute the code of a slice ahead of the search that will need it.

        Raises
        ------
        NotFoundError, DataError
            Where the slice is not there, is damaged, or is not of the model's size.
        """
        self._codes.of_template(key, mirror=False)

    def search(self, request: SearchRequest, check: Callable[[], None]) -> SearchOutcome:
        """Rank the patients of the reference database.

        Parameters
        ----------
        check:
            Called between the steps; may raise ``Cancelled``.

        Raises
        ------
        NotFoundError, DataError
            Where a slice is not there, is damaged, or is not of the model's size.
        ServiceError
            Where the database does not answer, and the filters need it.
        """
        began = time.perf_counter()
        lesion, query = (
            self._sketched(request, check)
            if request.example is None
            else self._exemplified(request, request.example)
        )
        encoded = time.perf_counter()
        check()
        results = tuple(self._retriever.search(query, request.top))
        ended = time.perf_counter()
        return SearchOutcome(
            request,
            results,
            query,
            lesion,
            _compared(request, lesion),
            {
                "encode": (encoded - began) * 1000,
                "search": (ended - encoded) * 1000,
                "total": (ended - began) * 1000,
            },
            self.n_patients,
            self._retriever.n_found(query),
            self._retriever.usual_distance(request.weight),
        )

    def more(self, outcome: SearchOutcome, shown: int, wanted: int) -> tuple[RankedPatient, ...]:
        """Go on with a ranking: the ``wanted`` patients that follow the first ``shown``."""
        return tuple(self._retriever.search(outcome.query, shown + wanted)[shown:])

    def imagine(self, outcome: SearchOutcome) -> NDArray[np.float32]:
        """What the model makes of a query: (channels, rows, columns), as preprocessed slices."""
        sizes = self._encoder.sizes
        shape = (sizes.emb_dim, sizes.latent_size, sizes.latent_size)
        entire = outcome.query.nac.reshape(shape) + outcome.query.aac.reshape(shape)
        return self._encoder.imagine(entire)

    def template_of(self, outcome: SearchOutcome) -> NDArray[np.float32]:
        """The slice that a query began with, (channels, rows, columns); mirrored as the query is.

        Raises
        ------
        NotFoundError, DataError
            Where it is not there, or damaged.
        """
        return self._codes.stack(outcome.request.template, outcome.request.mirror)

    def _sketched(
        self, request: SearchRequest, check: Callable[[], None]
    ) -> tuple[SliceLesion, Query]:
        size = self._encoder.sizes.image_size
        labels = request.sketch.label_map((size, size), request.extent_mm)
        nac = self._codes.of_template(request.template, request.mirror)
        check()
        aac = self._codes.of_sketch(labels, request.mirror)
        return SliceLesion(labels, request.extent_mm), _query(request, nac, aac)

    def _exemplified(
        self, request: SearchRequest, example: SliceKey
    ) -> tuple[SliceLesion | None, Query]:
        codes = self._codes.of_example(example, request.mirror)
        try:
            lesion = load_lesion(self.choice.dataset.slices_dir, example)
        except SbmirError as error:
            # Its codes are enough to search; only the reasons why results match are missing.
            logger.warning("%s", error)
            lesion = None
        return lesion, _query(request, codes.normal, codes.abnormal)


def _query(request: SearchRequest, nac: NDArray[np.float32], aac: NDArray[np.float32]) -> Query:
    from sbmir.retrieval import Query

    return Query(nac, aac, request.template, request.weight, filters=request.filters)


def _compared(request: SearchRequest, lesion: SliceLesion | None) -> Sketch:
    if lesion is None:
        return Sketch()
    sketch = lesion.as_sketch() if request.is_example else request.sketch
    return mirrored_sketch(sketch, lesion.extent_mm) if request.mirror else sketch
