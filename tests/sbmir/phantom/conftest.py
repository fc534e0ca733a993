import numpy as np
import pytest

from sbmir.phantom.anatomy import draw_placement, make_anatomy
from sbmir.phantom.dataset import make_patient
from sbmir.phantom.lesion import grow, plan_lesion
from sbmir.phantom.material import load_material

N_LESIONS = 10


@pytest.fixture(scope="session")
def patients():
    """A few whole patients."""
    return [make_patient(11, number) for number in (1, 2, 3)]


@pytest.fixture(scope="session")
def grown_lesions():
    """Plans, anatomies and lesions without pictures, which would take longer."""
    material = load_material()
    made = []
    for number in range(N_LESIONS):
        rng = np.random.default_rng([23, number])
        placement = draw_placement(rng, material)
        plan = plan_lesion(rng, material, placement)
        anatomy = make_anatomy(rng, material, placement, list(plan.masses))
        made.append((plan, anatomy, grow(rng, plan, anatomy)))
    return made
