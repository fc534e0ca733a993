"""The first dialog: which data set to search, with which model."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from App.dialog.message import ProblemDialog
from App.model.choice import Choice
from App.model.problem import Problem
from App.model.study.questions import open_study
from App.theme import em
from App.widget.field_label import field_label
from sbmir.config.application import AppConfig
from sbmir.errors import SbmirError


class StartupDialog(QDialog):
    """Asks for a data set and a model; rejected where the user closes it, which means to quit.

    It begins with the first data set whose files are in place.
    """

    def __init__(self, config: AppConfig, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("SBMIR")
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self._config = config
        self.datasets = QComboBox()
        self.datasets.setAccessibleName("Data set")
        self.datasets.setToolTip("The patients who are searched, and of whom one is sketched on")
        self.models = QComboBox()
        self.models.setAccessibleName("Model")
        self.models.setToolTip("The network that compares slices")
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setProperty("role", "quiet")
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.interactive = QPushButton("&Interactive")
        self.interactive.setProperty("role", "primary")
        self.interactive.setDefault(True)
        self.interactive.setToolTip("Sketch a lesion and search for similar patients")
        self.testing = QPushButton("&Testing")
        self.testing.setAutoDefault(False)
        self._is_testing = False
        self._lay_out()
        self.datasets.currentIndexChanged.connect(self._show_models)
        self.models.currentIndexChanged.connect(self._show_state)
        self.interactive.clicked.connect(self.accept)
        self.testing.clicked.connect(self._test)
        self._fill()

    @property
    def choice(self) -> Choice:
        """The data set and the model that are chosen."""
        dataset = self._config.dataset_types[self.datasets.currentIndex()]
        return Choice(dataset, dataset.models[self.models.currentIndex()], self._is_testing)

    def _lay_out(self) -> None:
        title = QLabel("Find patients by drawing the lesion")
        title.setProperty("role", "title")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        title.setFont(font)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(field_label("&Data set", self.datasets), self.datasets)
        form.addRow(field_label("&Model", self.models), self.models)
        leave = QPushButton("&Quit")
        leave.setAutoDefault(False)
        leave.setToolTip("Close the program")
        leave.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(leave)
        buttons.addStretch(1)
        buttons.addWidget(self.testing)
        buttons.addWidget(self.interactive)
        space = em(self, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(space)
        layout.addWidget(title)
        layout.addLayout(form)
        layout.addWidget(self.state, 1)
        layout.addLayout(buttons)
        self.setMinimumWidth(em(self, 32))

    def _fill(self) -> None:
        choices = [Choice(dataset, dataset.models[0]) for dataset in self._config.dataset_types]
        in_place = [choice.is_in_place for choice in choices]
        for choice, ready in zip(choices, in_place, strict=True):
            note = "" if ready else "  (not in place yet)"
            self.datasets.addItem(choice.dataset.name + note)
        self.datasets.setCurrentIndex(in_place.index(True) if any(in_place) else 0)

    def _show_models(self, index: int) -> None:
        self.models.clear()
        self.models.addItems([model.name for model in self._config.dataset_types[index].models])

    def _show_state(self, index: int) -> None:
        if index < 0:
            return
        problem = self.choice.what_is_missing()
        has_study = self.choice.dataset.study is not None
        self.testing.setEnabled(has_study)
        self.testing.setToolTip(
            "Take part in the reader study of this data set"
            if has_study
            else "The settings name no reader study for this data set"
        )
        if problem is None:
            lines = [f"{len(self.choice.patient_folders())} patients of {self.choice.dataset.name}"]
        else:
            lines = [problem.why, problem.remedy]
        self.state.setText("\n".join(lines))
        # A dialog that is on screen does not grow by itself with a label's text.
        self.state.setMinimumHeight(self.state.heightForWidth(self._text_width()))
        if (layout := self.layout()) is not None:
            layout.activate()
        self.adjustSize()

    def _test(self) -> None:
        """Start the reader study, or say what is wrong with its questions."""
        try:
            open_study(self.choice.dataset)
        except SbmirError as error:
            ProblemDialog(Problem.of(error), self).open()
            return
        self._is_testing = True
        self.accept()

    def _text_width(self) -> int:
        return self.minimumWidth() - 2 * em(self, 1)
