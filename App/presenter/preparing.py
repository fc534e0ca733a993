"""Work that is done before a search needs it, so that the search is quicker."""

from __future__ import annotations

import logging

from PyQt5.QtCore import QObject

from App.model.reference import Reference
from App.presenter.sketching import SketchingPresenter
from App.tasks import TaskRunner
from sbmir.keys import SliceKey

logger = logging.getLogger(__name__)


class SearchPreparer(QObject):
    """Reads what filters need, and encodes the slice that the user begins to sketch on.

    What fails here is only logged: a search that needs it tries again, and says what is wrong.
    """

    def __init__(
        self, runner: TaskRunner, sketching: SketchingPresenter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._sketching = sketching
        self._reference: Reference | None = None
        sketching.sketching_changed.connect(self._encode_template)

    def set_reference(self, reference: Reference | None) -> None:
        """Prepare searches of this database; None while there is none."""
        self._reference = reference
        if reference is not None:
            task = self._runner.start("prepare filters", lambda _: reference.prepare())
            task.failed.connect(_log)
            self._encode_template(self._sketching.is_sketching)

    def _encode_template(self, is_sketching: bool) -> None:
        reference, template = self._reference, self._sketching.template
        if not is_sketching or reference is None or template is None:
            return
        data_set = reference.choice.dataset.data_set
        key = SliceKey(data_set, template.patient, self._sketching.slice_index)
        task = self._runner.start("encode template", lambda _: reference.encode_template(key))
        task.failed.connect(_log)


def _log(error: BaseException) -> None:
    logger.info("Searches are not prepared: %s", error)
