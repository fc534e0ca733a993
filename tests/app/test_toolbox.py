"""What is chosen to draw with, and how sketches look."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from template_samples import STRUCTURES

from App.presenter.appearance import COLOUR_BLIND_SAFE, CONFIGURED, Appearance
from App.presenter.toolbox import Toolbox
from App.tools import AUTO, BRUSH, ERASE, MEASURE, PEN, RULES
from sbmir.labels import PAINT_ORDER, TissueClass

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET


@pytest.fixture
def toolbox(qapp):
    return Toolbox(STRUCTURES)


@pytest.fixture
def look(qapp):
    return Appearance(STRUCTURES)


def counted(signal):
    told = []
    signal.connect(lambda *_: told.append(1))
    return told


class TestToolbox:
    def test_it_begins_with_the_brush_the_first_structure_and_the_published_rule(self, toolbox):
        assert (toolbox.tool, toolbox.rule) == (BRUSH, AUTO)
        assert toolbox.structure.tissue == ED

    def test_going_on_through_structures_comes_back_to_the_first(self, toolbox):
        seen = []
        for _ in STRUCTURES:
            toolbox.next_structure()
            seen.append(toolbox.structure.tissue)
        assert seen == [ET, NET, ED]

    def test_going_on_through_the_rules_comes_back_to_the_first(self, toolbox):
        seen = []
        for _ in RULES:
            toolbox.next_rule()
            seen.append(toolbox.rule)
        assert seen == [*RULES[1:], RULES[0]]

    def test_each_change_is_told_once(self, toolbox):
        for signal, change in (
            (toolbox.tool_changed, lambda: toolbox.set_tool(PEN)),
            (toolbox.rule_changed, lambda: toolbox.set_rule(ERASE)),
            (toolbox.structure_changed, lambda: toolbox.set_structure(NET)),
            (toolbox.brush_changed, lambda: toolbox.set_radius_mm(7)),
            (toolbox.brush_changed, lambda: toolbox.set_pressure_sets_radius(True)),
        ):
            told = counted(signal)
            change()
            change()
            assert len(told) == 1

    def test_measuring_draws_nothing(self):
        assert MEASURE.stroke is None


class TestPressure:
    def test_at_first_it_does_not_matter(self, toolbox):
        assert toolbox.pressed_radius_mm(0.1) == toolbox.radius_mm

    def test_a_lighter_pen_draws_thinner_and_a_full_one_as_broad_as_the_brush(self, toolbox):
        toolbox.set_radius_mm(10)
        toolbox.set_pressure_sets_radius(True)
        radii = [toolbox.pressed_radius_mm(pressure) for pressure in (0, 0.3, 0.6, 1)]
        assert radii == sorted(set(radii))
        assert radii[-1] == 10
        assert 1 < radii[0] < 2

    @pytest.mark.parametrize("pressure", [-1.0, 0.0, 5.0])
    def test_no_device_can_ask_for_a_brush_that_is_none(self, toolbox, pressure):
        toolbox.set_pressure_sets_radius(True)
        toolbox.set_radius_mm(0.5)
        assert toolbox.pressed_radius_mm(pressure) == 0.5


class TestAppearance:
    def test_the_colours_are_those_of_the_settings_until_others_are_chosen(self, look):
        assert look.palette == CONFIGURED
        assert look.color(ED) == STRUCTURES[0].color
        told = counted(look.changed)
        look.set_palette(COLOUR_BLIND_SAFE)
        assert look.color(ED) != STRUCTURES[0].color
        assert len(told) == 1

    def test_a_palette_that_is_no_longer_there_changes_nothing(self, look):
        look.set_palette("Rainbow")
        assert look.palette == CONFIGURED

    def test_structures_are_hidden_one_by_one_or_all(self, look):
        look.set_shown(ET, False)
        assert [look.is_shown(tissue) for tissue in (ED, ET, NET)] == [True, False, True]
        look.set_all_shown(False)
        assert not any(map(look.is_shown, PAINT_ORDER))
        look.set_all_shown(True)
        assert all(map(look.is_shown, PAINT_ORDER))

    def test_the_opacity_stays_between_nothing_and_all(self, look):
        look.set_opacity(-1)
        assert look.opacity == 0
        look.set_opacity(3)
        assert look.opacity == 1


# What is seen by those who lack a kind of cone, in linear light: Machado, Oliveira and Fernandes,
# "A physiologically-based model for simulation of color vision deficiency" (2009), severity 1.
VISIONS = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(linear):
    """CIE 1976 L*a*b* of linear sRGB, white D65."""
    xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ) @ np.clip(linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(xyz / [0.9505, 1.0, 1.089], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def linear(color):
    levels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("vision", VISIONS)
def test_the_safe_palette_is_told_apart_and_from_grey_by_all_eyes(look, vision):
    look.set_palette(COLOUR_BLIND_SAFE)
    seen = [lab(VISIONS[vision] @ linear(look.color(tissue))) for tissue in PAINT_ORDER]
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(one - other) > 20
    for color in seen:
        assert np.hypot(color[1], color[2]) > 15  # how colourful it is: a grey has 0
