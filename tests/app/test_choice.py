"""Who can be sketched on."""

from dataclasses import replace

import pytest
from window_world import World


@pytest.fixture
def choice(tmp_path):
    world = World(tmp_path)
    world.write_config()
    return world.choice


def test_any_patient_with_slices_can_be_sketched_on(choice):
    for name in ("P0", "P2", "P1", ".unfinished"):
        (choice.dataset.slices_dir / name).mkdir(parents=True)
    assert choice.template_patients() == ("P1", "P2", "P0")


def test_a_template_of_the_settings_that_is_not_there_is_not_offered(choice):
    (choice.dataset.slices_dir / "Somebody").mkdir(parents=True)
    assert choice.template_patients() == ("Somebody",)


def test_where_nobody_is_there_the_settings_say_who_is_missing(choice):
    dataset = replace(choice.dataset, template_patients=("Known",))
    assert replace(choice, dataset=dataset).template_patients() == ("Known",)
