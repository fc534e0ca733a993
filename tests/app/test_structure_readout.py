"""The numbers beside the colours are those of what is drawn, while it is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from template_samples import STRUCTURES

from App.model.sketch import Sketch
from App.presenter.appearance import COLOUR_BLIND_SAFE
from App.presenter.sketching import SketchingPresenter
from App.tools import Held
from App.widget import structure_readout
from App.widget.contour_module.contour import Contour
from App.widget.structure_readout import StructureReadout
from sbmir.labels import TissueClass

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET


def rectangle(left, top, right, bottom):
    return Contour(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float))


# The picture is 60 mm wide, its left half the patient's left.
SKETCH = Sketch({ED: (rectangle(5, 5, 25, 15),), ET: (rectangle(28, 20, 32, 23),)})


@pytest.fixture
def presenter(qapp, template):
    presenter = SketchingPresenter(STRUCTURES, "T1")
    presenter.set_template(template)
    return presenter


@pytest.fixture
def readout(qtbot, presenter):
    readout = StructureReadout(presenter)
    qtbot.addWidget(readout)
    return readout


def lines(reading):
    return reading.text.text().split("\n")


def test_each_structure_has_area_diameter_and_side(readout, presenter, qtbot):
    presenter.load_sketch(SKETCH, "open a sketch")
    qtbot.waitUntil(lambda: lines(readout.readings[ED])[0] == "200 mm²")
    assert lines(readout.readings[ED])[1] == "⌀ 22.4 mm  L"
    assert lines(readout.readings[ET]) == ["12.0 mm²", "⌀ 5.0 mm  L+R"]
    assert lines(readout.readings[NET])[0] == "–"
    assert lines(readout.whole)[0] == "212 mm²"
    said = "Peritumoral edema: 200 mm², longest diameter 22.4 mm, left"
    assert readout.readings[ED].toolTip().startswith(said)


def test_the_numbers_follow_a_stroke_that_is_being_drawn(readout, presenter, qtbot):
    presenter.set_sketching(True)
    presenter.begin_stroke((20.0, 20.0), Held())
    qtbot.waitUntil(lambda: lines(readout.readings[ED])[0].startswith("28"))  # a dab of 3 mm
    presenter.extend_stroke((30.0, 20.0))
    qtbot.waitUntil(lambda: lines(readout.readings[ED])[0].startswith("88"))
    assert lines(readout.whole)[0] == "–"
    presenter.end_stroke()
    qtbot.waitUntil(lambda: lines(readout.whole)[0].startswith("88"))
    presenter.undo_stack.undo()
    qtbot.waitUntil(lambda: lines(readout.whole)[0] == "–")


def test_a_quick_stroke_is_measured_a_few_times_and_not_at_each_step(
    readout, presenter, qtbot, monkeypatch
):
    measured = []
    measure = structure_readout.measure_region

    def counted(*arguments):
        measured.append(arguments)
        return measure(*arguments)

    monkeypatch.setattr(structure_readout, "measure_region", counted)
    presenter.set_sketching(True)
    presenter.begin_stroke((20.0, 20.0), Held())
    for step in range(50):
        presenter.extend_stroke((20.0 + step / 5, 20.0))
    assert measured == []  # nothing waits for a number
    qtbot.waitUntil(lambda: bool(measured))
    assert len(measured) == 1  # and the structures that are not drawn on are not measured


def test_numbers_that_grow_do_not_widen_the_window(readout, presenter, qtbot):
    width = readout.minimumSizeHint().width()
    presenter.load_sketch(Sketch({ED: (rectangle(0, 0, 60, 48),)}), "open a sketch")
    qtbot.waitUntil(lambda: lines(readout.readings[ED])[0] == "2,880 mm²")
    assert readout.minimumSizeHint().width() == width


def test_the_colours_are_those_of_the_palette(readout, presenter):
    def middle():
        image = readout.readings[ED].sign.pixmap().toImage()
        return image.pixelColor(image.width() // 2, image.height() // 2).name()

    assert middle() == presenter.appearance.color(ED)
    presenter.appearance.set_palette(COLOUR_BLIND_SAFE)
    assert middle() == presenter.appearance.color(ED)
