"""A reader study as it goes: one question after the other, timed, judged, saved."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from App.model.reference import SearchOutcome, SearchRequest
from App.model.sketch_document import SketchDocument
from App.model.study.answering import Judgement, make_answer
from App.model.study.progress import NO_TICKS, Draft, Effort, Ticks, read_draft
from App.model.study.questions import StudyQuestion, next_question, retrieval_message
from App.model.study.reader import ReaderSession
from App.presenter.loading import TemplateLoader
from App.presenter.notices import Notices
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.presenter.study_draft import DraftKeeper
from App.presenter.study_effort import EffortCounter
from App.tasks import TaskRunner
from sbmir.config.study import StudySettings
from sbmir.errors import DataError, SbmirError
from sbmir.keys import SliceKey
from sbmir.study.files import Answer
from sbmir.study.records import EVALUATED, LISTED

KEEP_EVERY_MS = 2000
"""How much time a crash may take from the seconds of a question."""

SEARCH_FIRST = "Draw the lesion and search, then tick what fits, then submit."


class StudyPresenter(QObject):
    """Asks the questions of a study that a session has not answered, and saves the answers.

    A question is shown when there is a template to draw on and a database to search; from then on
    its time counts, but not while the window is closed.
    """

    question_changed = pyqtSignal()
    """Another question is asked, or none any more."""
    judgement_changed = pyqtSignal()
    """A tick was set or taken away, by whatever."""
    submittable_changed = pyqtSignal()
    answered = pyqtSignal(str)
    """An answer is saved; with what to tell the reader before ``go_on``, or nothing."""
    refused = pyqtSignal(str)

    def __init__(
        self,
        runner: TaskRunner,
        session: ReaderSession,
        study: StudySettings,
        sketching: SketchingPresenter,
        searching: SearchPresenter,
        template_loader: TemplateLoader,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._session = session
        self._study = study
        self._sketching = sketching
        self._searching = searching
        self._template_loader = template_loader
        self._notices = notices
        self._keeper = DraftKeeper(runner, session.folder, notices, self)
        self._question: StudyQuestion | None = None
        self._counter = EffortCounter(sketching, searching, self)
        self._ticks: dict[tuple[str, int], Ticks] = {}
        self._searched: SketchDocument | None = None
        self._is_saving = False
        self._is_over = False
        self._is_telling = False
        self._has_looked = False
        self._draft: Draft | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(KEEP_EVERY_MS)
        self._timer.timeout.connect(self._keep)
        self._connect()

    def _connect(self) -> None:
        sketching, searching = self._sketching, self._searching
        sketching.template_changed.connect(self._ask_when_ready)
        searching.readiness_changed.connect(self._ask_when_ready)
        sketching.sketch_changed.connect(self._keep)
        sketching.slice_changed.connect(self._keep)
        self._counter.changed.connect(self._keep)
        searching.started.connect(self.submittable_changed)
        searching.found.connect(self._on_found)
        searching.failed.connect(self.submittable_changed)

    # --- The question -----------------------------------------------------------------------

    @property
    def question(self) -> StudyQuestion | None:
        """What is asked now; None before the first and after the last."""
        return self._question

    @property
    def is_finished(self) -> bool:
        """Whether every question is answered."""
        return next_question(self._study, self._session.answered()) is None

    def go_on(self) -> None:
        """Ask the next question."""
        self._is_telling = False
        self._ask_when_ready()

    def close(self) -> None:
        """Keep what is done at the question. No task may run any more."""
        self._timer.stop()
        # A draft that was never taken up, as the window was closed before, stays as it is.
        if self._has_looked and self._draft is None:
            self._keeper.close(self._current_draft())
        self._counter.stop()
        self._question = None
        self._is_over = True
        self._session.close()

    def _ask_when_ready(self) -> None:
        template = self._sketching.template
        if self._is_over or self._question is not None or self._is_telling:
            return
        if template is None or not self._searching.is_ready:
            return
        question = next_question(self._study, self._session.answered())
        if question is None:
            self._is_over = True
            self._searching.forget()
            self.question_changed.emit()
            return
        draft = self._left_draft()
        if draft is not None and draft.numbers == question.numbers:
            if draft.drawn.template.patient != template.patient:
                self._template_loader.load(draft.drawn.template.patient)  # and then again
                return
        else:
            draft = None
        self._draft = None
        self._ask(question, draft)

    def _ask(self, question: StudyQuestion, draft: Draft | None) -> None:
        self._searching.forget()
        self._ticks = {} if draft is None else dict(draft.ticks)
        self._searched = None if draft is None else draft.searched
        if draft is None:
            self._sketching.start_anew()
        else:
            self._sketching.start_anew(draft.drawn.sketch, draft.drawn.template.index)
        self._question = question
        self.question_changed.emit()
        if self._searched is not None:
            self._search_again(self._searched)
        if draft is None:
            self._counter.begin(Effort(), 0.0)
        else:
            self._counter.begin(draft.effort, draft.seconds)
        self._timer.start()
        self.submittable_changed.emit()
        self._keep()

    def _search_again(self, searched: SketchDocument) -> None:
        """Show the results from before the window was closed, which is not counted as a search."""
        options = self._searching.options
        request = options.for_sketch(searched.template, searched.sketch, searched.extent_mm, LISTED)
        self._searching.repeat(request)

    def _on_found(self, outcome: SearchOutcome) -> None:
        self._searched = _searched(outcome.request)
        self._keep()
        self.submittable_changed.emit()

    # --- The judgement ----------------------------------------------------------------------

    def is_target(self, key: SliceKey) -> bool:
        """Whether a retrieved patient is the presented one."""
        return self._question is not None and key.patient == self._question.target

    def ticks(self, key: SliceKey) -> Ticks:
        """How a retrieved slice was judged."""
        return self._ticks.get((key.patient, key.index), NO_TICKS)

    def tick(self, key: SliceKey, point: int, *, on: bool) -> None:
        """Judge one point, from 0, of a retrieved slice: size, location, pattern."""
        before = self.ticks(key)
        size, location, pattern = (on if i == point else was for i, was in enumerate(before))
        self._ticks[key.patient, key.index] = size, location, pattern
        self.judgement_changed.emit()
        self._keep()

    # --- Submitting -------------------------------------------------------------------------

    @property
    def can_submit(self) -> bool:
        """Whether there is an answer to save, and none is being saved."""
        return (
            self._question is not None
            and not self._is_saving
            and not self._searching.is_searching
            and self._searching.outcome is not None
        )

    def submit(self) -> None:
        """Save the answer; then ``answered`` follows."""
        outcome, reference = self._searching.outcome, self._searching.reference
        if not self.can_submit or outcome is None or reference is None or self._question is None:
            self.refused.emit(SEARCH_FIRST)
            return
        judgement = Judgement(
            question=self._question,
            results=outcome.results[:LISTED],
            ticks=[self.ticks(one.key) for one in outcome.results[:EVALUATED]],
            effort=self._counter.effort,
            seconds_to_submit=self._counter.seconds,
        )
        session, record = self._session, self._session.record

        def work(_: object) -> Answer:
            answer = make_answer(judgement, record, reference, outcome)
            session.write(answer)
            return answer

        self._is_saving = True
        self.submittable_changed.emit()
        task = self._runner.start("save the answer", work, to_the_end=True)
        task.succeeded.connect(self._on_saved)
        task.failed.connect(self._on_not_saved)

    def _on_saved(self, answer: Answer) -> None:
        self._is_saving = False
        self._timer.stop()
        self._counter.stop()
        self._question = None
        self._is_telling = True
        self.submittable_changed.emit()
        record = answer.record
        is_image = record.is_image_question
        self.answered.emit(retrieval_message(record.rank, LISTED) if is_image else "")

    def _on_not_saved(self, error: BaseException) -> None:
        self._is_saving = False
        self.submittable_changed.emit()
        self._notices.fail(error)

    # --- Keeping ----------------------------------------------------------------------------

    def _keep(self) -> None:
        draft = None if self._is_saving else self._current_draft()
        if draft is not None:
            self._keeper.keep(draft)

    def _current_draft(self) -> Draft | None:
        template, question = self._sketching.template, self._question
        if template is None or question is None:
            return None
        data_set = self._session.record.data_set
        key = SliceKey(data_set, template.patient, self._sketching.slice_index)
        drawn = SketchDocument(key, template.extent_mm, self._sketching.sketch, datetime.now(UTC))
        return Draft(
            question.numbers,
            self._counter.seconds,
            self._counter.effort,
            drawn,
            self._searched,
            dict(self._ticks),
        )

    def _left_draft(self) -> Draft | None:
        """What an earlier window left, until it is taken up; the window is there to be told."""
        if not self._has_looked:
            self._has_looked = True
            try:
                self._draft = read_draft(self._session.folder)
            except SbmirError as error:
                problem = DataError(
                    "What you did at this question cannot be read.",
                    why=str(error),
                    remedy="The question begins anew. All submitted answers are kept.",
                )
                self._notices.fail(problem)
        return self._draft


def _searched(request: SearchRequest) -> SketchDocument:
    return SketchDocument(request.template, request.extent_mm, request.sketch, datetime.now(UTC))
