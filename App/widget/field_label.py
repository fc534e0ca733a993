"""The words before a field, with the letter by which one gets to it."""

from __future__ import annotations

from PyQt5.QtWidgets import QLabel, QWidget

from App.theme import em


def field_label(text: str, field: QWidget) -> QLabel:
    """Name a field; ``&`` stands before the letter that, with Alt, leads to it."""
    label = QLabel(text)
    label.setBuddy(field)
    # Where a letter is underlined, the words are wider than Qt reckons.
    label.setMinimumWidth(label.sizeHint().width() + em(label, 0.25))
    return label
