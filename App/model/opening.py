"""Opening the reference database: server, networks, codes; and filling it where it is empty.

These functions run in the background. What is slow to import (PyTorch, pymongo) is imported in
them, so that the window opens without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from App.model.choice import Choice
from App.model.reference import Reference
from sbmir.catalogue import list_patients
from sbmir.config.application import AppConfig
from sbmir.errors import DataError, NotFoundError, SbmirError

if TYPE_CHECKING:
    from sbmir.database.repository import ReferenceRepository
    from sbmir.encoding import CodeEncoder

FAILURES_SHOWN = 5


class Teller(Protocol):
    """What long work tells and asks; see ``App.tasks.Control``."""

    def say(self, text: str) -> None:
        """Tell what is being done now."""

    def progress(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` steps are made."""

    def should_stop(self) -> bool:
        """Whether to give up soon."""

    def check(self) -> None:
        """Raise ``Cancelled`` where the user asked to stop."""


@dataclass(frozen=True)
class NoCodes:
    """The database holds no codes of the model, so that nothing can be compared."""

    title: str
    text: str


class ReferenceOpener:
    """Opens one data set and model, and keeps the way to its database open until closed.

    Used by one thread at a time.
    """

    def __init__(self, config: AppConfig, choice: Choice) -> None:
        self._config = config
        self._choice = choice
        self._open = ExitStack()
        self._repository: ReferenceRepository | None = None
        self._encoder: CodeEncoder | None = None

    def open(self, teller: Teller) -> Reference | NoCodes:
        """Open everything that a search needs.

        Raises
        ------
        SbmirError
            Where a file or the server is not there, or does not fit.
        """
        missing = self._choice.what_is_missing()
        if missing is not None:
            raise NotFoundError(missing.what, why=missing.why, remedy=missing.remedy)
        try:
            repository = self._connected(teller)
            encoder = self._loaded(teller)
            return self._reference(repository, encoder, teller)
        except Exception:
            # Another try begins with a new connection: the old one may be what has failed.
            self.close()
            raise

    def fill(self, teller: Teller) -> Reference | NoCodes:
        """Compute the codes of all patients that have none, store them, and open.

        Raises
        ------
        SbmirError
            As ``open``; also where codes cannot be computed or stored.
        """
        from sbmir.database.ingestion import ingest_dataset
        from sbmir.embedding import embed_patients

        dataset, model = self._choice.dataset, self._choice.model
        repository = self._connected(teller)
        encoder = self._loaded(teller)
        teller.say("Computing the codes of the reference slices")
        embedding = embed_patients(
            dataset.slices_dir,
            model.codes_dir,
            encoder,
            progress=teller.progress,
            should_stop=teller.should_stop,
        )
        teller.check()
        teller.say("Storing the codes in the reference database")
        ingestion = ingest_dataset(
            repository,
            dataset.data_set,
            dataset.slices_dir,
            model.codes_dir,
            encoder.fingerprint,
            model.networks,
            progress=teller.progress,
            should_stop=teller.should_stop,
        )
        teller.check()
        failed = {**embedding.failed, **ingestion.failed}
        opened = self._reference(repository, encoder, teller)
        if isinstance(opened, NoCodes) and failed:
            raise DataError("No patient could be put into the database.", why=_listing(failed))
        if isinstance(opened, Reference) and failed:
            opened.note = f"Left out, as something is wrong with them:\n{_listing(failed)}"
        return opened

    def close(self) -> None:
        """Let go of the database; the private server stops with its last user."""
        self._repository = None
        self._open.close()

    def _connected(self, teller: Teller) -> ReferenceRepository:
        if self._repository is None:
            teller.say("Connecting to the reference database")
            from sbmir.database import connect

            self._repository = self._open.enter_context(
                connect(self._config.mongodb, self._config.project_name)
            )
        teller.check()
        return self._repository

    def _loaded(self, teller: Teller) -> CodeEncoder:
        if self._encoder is None:
            teller.say(f"Loading the model {self._choice.model.name}")
            from sbmir.encoding import CodeEncoder

            self._encoder = CodeEncoder.from_checkpoint(
                self._choice.model.checkpoint,
                self._choice.model.networks,
                sketch_precision=self._choice.model.sketch_precision,
                settings=f"the settings of the model {self._choice.model.name}",
            )
        teller.check()
        return self._encoder

    def _reference(
        self, repository: ReferenceRepository, encoder: CodeEncoder, teller: Teller
    ) -> Reference | NoCodes:
        from sbmir.retrieval import Retriever
        from sbmir.search.engine import MetricKind

        dataset, model = self._choice.dataset, self._choice.model
        teller.say("Reading the codes of the reference slices")
        patients = repository.patients(dataset.data_set, encoder.fingerprint)
        if not patients:
            return self._nothing_to_search()
        retriever = Retriever.from_repository(
            repository, dataset.data_set, encoder.fingerprint, MetricKind(model.metric)
        )
        teller.check()
        teller.say("Preparing the networks")
        reference = Reference(self._choice, encoder, retriever, len(patients))
        reference.warm_up()
        return reference

    def _nothing_to_search(self) -> NoCodes:
        dataset, model = self._choice.dataset, self._choice.model
        n_patients = len(list_patients(dataset.slices_dir))
        if not n_patients:
            raise NotFoundError(
                f"There are no patients to search in {dataset.slices_dir}.",
                remedy=dataset.obtain or "Preprocess the patients of the data set first.",
            )
        return NoCodes(
            "The reference database is empty",
            f"It holds no patients of {dataset.data_set} for the model {model.name} yet. "
            f"{n_patients} patients have slices and can be put into it now; it can be stopped and "
            "goes on later. The command `sbmir ingest` does the same with codes that are there.",
        )


def _listing(failed: Mapping[str, SbmirError]) -> str:
    """Names the patients with their reasons: the first few, and how many more there are."""
    lines = [f"{name}: {error.what}" for name, error in sorted(failed.items())]
    more = [f"and {len(lines) - FAILURES_SHOWN} more"] if len(lines) > FAILURES_SHOWN else []
    return "\n".join([*lines[:FAILURES_SHOWN], *more])
