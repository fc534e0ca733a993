"""Lesions: kinds, sizes, places, and what they keep away from."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from sbmir.phantom.anatomy import draw_placement, make_anatomy
from sbmir.phantom.lesion import Focus, LesionKind, LesionPlan, grow, plan_lesion
from sbmir.phantom.material import load_material

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plans():
    material = load_material()
    made = []
    for number in range(400):
        rng = np.random.default_rng([3, number])
        made.append(plan_lesion(rng, material, draw_placement(rng, material)))
    return made


def focus_sides_mm(labels: np.ndarray) -> list[int]:
    """Longest side of the box around each connected piece of a lesion."""
    pieces, _ = ndimage.label(labels > 0, structure=np.ones((3, 3, 3)))
    return [max(s.stop - s.start for s in box) for box in ndimage.find_objects(pieces)]


def test_about_a_third_are_low_grade_and_all_kinds_occur(plans: list[LesionPlan]):
    share = {kind: np.mean([plan.kind is kind for plan in plans]) for kind in LesionKind}
    assert 0.26 < share[LesionKind.LOW_GRADE] < 0.40
    assert share[LesionKind.RING] > 0.3
    assert share[LesionKind.SOLID] > 0.12


def test_left_and_right_front_and_back_are_alike(plans: list[LesionPlan]):
    centres = np.array([plan.foci[0].centre for plan in plans])
    assert 0.4 < (centres[:, 0] > np.median(centres[:, 0])).mean() < 0.6
    assert 0.4 < (centres[:, 0] > 118.5 - 40).mean() < 0.6
    # The hemispheres are some 130 x 165 x 110 mm large.
    assert (np.ptp(centres, axis=0) > (90, 120, 80)).all()


def test_some_have_two_foci_and_the_first_is_the_larger(plans: list[LesionPlan]):
    double = [plan for plan in plans if len(plan.foci) == 2]
    assert 0.08 < len(double) / len(plans) < 0.30
    assert all(p.foci[0].core_radius_mm >= p.foci[1].core_radius_mm for p in double)


def test_small_and_large_ones_are_planned(plans: list[LesionPlan]):
    radii_mm = [plan.foci[0].core_radius_mm for plan in plans]
    assert min(radii_mm) < 5
    assert max(radii_mm) > 25


def test_a_lesion_stays_inside_the_brain_and_outside_the_ventricles(grown_lesions):
    for _, anatomy, lesion in grown_lesions:
        assert anatomy.brain[lesion.labels > 0].all()
        core = (lesion.labels == 1) | (lesion.labels == 4)
        ventricle = (anatomy.ventricle_mm < -1) & (anatomy.fluid > 0.9)
        assert (lesion.labels[ventricle] > 0).mean() < 0.02
        assert not (core & ventricle).any()


def test_each_focus_is_between_5_and_90_mm(grown_lesions):
    for plan, _, lesion in grown_lesions:
        sides_mm = focus_sides_mm(lesion.labels)
        assert max(sides_mm) >= 5
        if len(plan.foci) == 1:
            assert max(sides_mm) <= 90


def test_a_core_stays_on_its_side_of_the_midline(grown_lesions):
    for plan, anatomy, lesion in grown_lesions:
        if len(plan.foci) == 1:
            core = (lesion.labels == 1) | (lesion.labels == 4)
            sides = np.sign(anatomy.side_mm[core])
            assert (sides == sides[0]).all()


def test_necrosis_and_enhancement_hang_together_with_the_lesion(grown_lesions):
    for plan, _, lesion in grown_lesions:
        pieces, count = ndimage.label(lesion.labels > 0, structure=np.ones((3, 3, 3)))
        core = (lesion.labels == 1) | (lesion.labels == 4)
        with_core = np.unique(pieces[core])
        assert count >= 1
        assert len(with_core) <= len(plan.foci)
        # Oedema starts from a core: no piece is without one, but for specks.
        strays = (lesion.labels > 0) & ~np.isin(pieces, with_core)
        assert strays.sum() < 0.02 * (lesion.labels > 0).sum()


def grown_once(kind: LesionKind, *, core_radius_mm: float, oedema_mm: float, number: int = 0):
    """Grow one focus of a given kind and size in the white matter of the left hemisphere."""
    material = load_material()
    rng = np.random.default_rng([41, number])
    placement = draw_placement(rng, material)
    place = placement.to_box(np.array([-28.0, 20.0, 28.0]) * (-1, 1, 1) - material.origin_mm)
    focus = Focus(tuple(float(c) for c in place), core_radius_mm, oedema_mm)
    anatomy = make_anatomy(rng, material, placement, [])
    plan = LesionPlan(kind, (focus,), ())
    return plan, anatomy, grow(rng, plan, anatomy)


def test_a_ring_surrounds_its_necrosis():
    _, _, lesion = grown_once(LesionKind.RING, core_radius_mm=18, oedema_mm=10)
    core = (lesion.labels == 1) | (lesion.labels == 4)
    inner_mm = ndimage.distance_transform_edt(core)
    necrosis_mm, ring_mm = (inner_mm[lesion.labels == label] for label in (1, 4))
    assert len(necrosis_mm) > 500
    assert len(ring_mm) > 500
    assert np.median(necrosis_mm) > np.median(ring_mm) + 1


def test_low_grade_hardly_enhances_and_solid_mostly_does():
    def share(kind: LesionKind) -> float:
        _, _, lesion = grown_once(kind, core_radius_mm=14, oedema_mm=5)
        return float((lesion.labels == 4).sum() / np.isin(lesion.labels, (1, 4)).sum())

    assert share(LesionKind.LOW_GRADE) < 0.03
    assert share(LesionKind.SOLID) > 0.5


def test_oedema_prefers_white_matter():
    _, anatomy, lesion = grown_once(LesionKind.SOLID, core_radius_mm=8, oedema_mm=14)
    core = np.isin(lesion.labels, (1, 4))
    around = (ndimage.distance_transform_edt(~core) < 14) & anatomy.brain & ~core
    oedema = lesion.labels == 2
    white, grey = (around & (tissue > 0.85) for tissue in (anatomy.white, anatomy.grey))
    assert oedema[white].mean() > 1.5 * oedema[grey].mean()


def test_a_mass_pushes_the_ventricles_away():
    material = load_material()
    placement = draw_placement(np.random.default_rng(2), material)
    place = placement.to_box(np.array([26.0, 10.0, 22.0]) - material.origin_mm)
    plan = plan_lesion(np.random.default_rng(5), material, placement)
    mass = replace(
        plan.masses[0],
        centre=tuple(float(c) for c in place),
        radius_mm=20.0,
        push_mm=9.0,
        reach_mm=20.0,
    )

    def left_ventricle(masses):
        anatomy = make_anatomy(np.random.default_rng(6), material, placement, masses)
        where = (anatomy.ventricle_mm < 0) & (anatomy.side_mm > 2) & anatomy.brain
        return np.argwhere(where).mean(0), anatomy

    calm, calm_anatomy = left_ventricle([])
    pushed, pushed_anatomy = left_ventricle([mass])
    away = calm - np.array(place)
    assert (pushed - calm) @ away / np.linalg.norm(away) > 1.5
    # The skull does not give way.
    changed = calm_anatomy.brain.sum() - pushed_anatomy.brain.sum()
    assert abs(changed) < 0.03 * calm_anatomy.brain.sum()


def test_the_smallest_lesion_is_still_5_mm_wide():
    for number in range(3):
        _, _, lesion = grown_once(
            LesionKind.LOW_GRADE, core_radius_mm=2.4, oedema_mm=0, number=number
        )
        assert 5 <= max(focus_sides_mm(lesion.labels)) <= 14
