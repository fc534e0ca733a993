"""The question of a reader study: where one is, what to find, and the Submit button."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QDockWidget,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from App.model.choice import Choice
from App.model.framing import part_with_head
from App.model.result_pictures import SEGMENTATION_NAME, ResultPicture
from App.model.study.answering import target_pictures
from App.model.study.questions import StudyQuestion
from App.presenter.appearance import Appearance
from App.presenter.notices import Notices
from App.presenter.study import SEARCH_FIRST, StudyPresenter
from App.presenter.viewer import ViewerPresenter
from App.tasks import Task, TaskRunner
from App.theme import em
from App.widget.picture_view import PictureView
from App.widget.state_page import set_role
from sbmir.labels import PAINT_ORDER, TissueClass

WAITING = "The first question is shown when the template and the database are loaded."
ENDED = "The test is finished."
TICK_FIRST = "Tick what fits of each result, then submit."
HINT_LINES = 3


class PresentedView(PictureView):
    """A picture of the presented case, which takes the room that there is."""

    def hasHeightForWidth(self) -> bool:  # noqa: N802 (Qt's name)
        """The pictures share the height: all are to be seen at once."""
        return False


class QuestionDock(QDockWidget):
    """Shows the presented case, or its statement in words.

    Parameters
    ----------
    viewer:
        Opens the presented case at a double-click.
    """

    def __init__(
        self,
        choice: Choice,
        study: StudyPresenter,
        viewer: ViewerPresenter,
        appearance: Appearance,
        runner: TaskRunner,
        notices: Notices,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Question", parent)
        self.setObjectName("question")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        self._choice = choice
        self._study = study
        self._viewer = viewer
        self._appearance = appearance
        self._runner = runner
        self._notices = notices
        self._task: Task | None = None
        self.title = QLabel()
        self.message = QLabel()
        self.statement = QLabel()
        self.words = QScrollArea()
        self.room = QWidget()
        self.hint = QLabel()
        self.submit = QPushButton("S&ubmit")
        self.pictures = {name: self._picture(name) for name in self._names()}
        self._lay_out()
        study.question_changed.connect(self._show_question)
        study.submittable_changed.connect(self._show_readiness)
        study.refused.connect(self._show_refusal)
        appearance.changed.connect(self._show_colors)
        self.submit.clicked.connect(study.submit)
        self._show_question()

    def _names(self) -> tuple[str, ...]:
        modalities = self._choice.dataset.modalities
        return (*(modality.name for modality in modalities), SEGMENTATION_NAME)

    def _picture(self, name: str) -> PresentedView:
        view = PresentedView(name, self._colors())
        view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        view.setToolTip("A double-click opens the presented case in the viewer")
        view.opened.connect(self._open)
        return view

    def _colors(self) -> dict[TissueClass, str]:
        return {tissue: self._appearance.color(tissue) for tissue in PAINT_ORDER}

    def _lay_out(self) -> None:
        self.title.setProperty("role", "title")
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        self.title.setFont(font)
        for label in (self.message, self.statement, self.hint):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.statement.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.statement.setFont(font)
        # As high with any hint, so that no picture grows or shrinks when one searches.
        self.hint.setMinimumHeight(HINT_LINES * self.hint.fontMetrics().lineSpacing())
        self.submit.setProperty("role", "primary")
        self.words.setWidgetResizable(True)
        self.words.setFrameShape(QScrollArea.Shape.NoFrame)
        self.words.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.words.setWidget(self.statement)
        body = QWidget()
        layout = QVBoxLayout(body)
        space = em(self, 0.5)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(em(self, 0.5))
        layout.addWidget(self.title)
        layout.addWidget(self.message)
        layout.addWidget(self.words, 1)
        for view in self.pictures.values():
            layout.addWidget(view, 1)
        layout.addWidget(self.room, 1)
        layout.addWidget(self.hint)
        layout.addWidget(self.submit)
        self.setWidget(body)
        self.setMinimumWidth(em(self, 12))  # with all else it fits into 1280 pixels

    # --- What is shown ----------------------------------------------------------------------

    def _show_question(self) -> None:
        question = self._study.question
        ended = question is None and self._study.is_finished
        self.title.setText("" if question is None else question.title)
        self.message.setText(
            (ENDED if ended else WAITING) if question is None else question.message
        )
        self.statement.setText("" if question is None else question.statement)
        self.words.setVisible(question is not None and question.target is None)
        self.room.setVisible(question is None)
        for name, view in self.pictures.items():
            view.setVisible(
                question is not None
                and question.target is not None
                and (name != SEGMENTATION_NAME or question.shows_label_map)
            )
            view.set_stale()
        self._load(question)
        self._show_readiness()

    def _load(self, question: StudyQuestion | None) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        key = None if question is None else question.target_key(self._choice.dataset.data_set)
        if question is None or key is None:
            return
        choice = self._choice
        self._task = self._runner.start(
            "the presented case", lambda _: target_pictures(choice, key, question)
        )
        self._task.succeeded.connect(self._show_pictures)
        self._task.failed.connect(self._notices.fail)

    def _show_pictures(self, pictures: tuple[ResultPicture, ...]) -> None:
        self._task = None
        part = part_with_head(pictures)
        for picture in pictures:
            self.pictures[picture.name].set_picture(picture, part)

    def _show_colors(self) -> None:
        for view in self.pictures.values():
            view.set_colors(self._colors())

    def _show_readiness(self) -> None:
        ready = self._study.can_submit
        self.submit.setEnabled(ready)
        self.submit.setToolTip("Save the answer and go on" if ready else SEARCH_FIRST)
        set_role(self.hint, "quiet")
        asks = self._study.question is not None
        self.hint.setText((TICK_FIRST if ready else SEARCH_FIRST) if asks else "")

    def _show_refusal(self, why: str) -> None:
        set_role(self.hint, "problem")
        self.hint.setText(why)

    def _open(self, name: str) -> None:
        question = self._study.question
        key = None if question is None else question.target_key(self._choice.dataset.data_set)
        if key is not None:
            self._viewer.open(key, name)
