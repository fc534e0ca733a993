"""What several tests of training start from."""

import pytest
from training_samples import small_settings, write_settings, write_slices

from ModelTraining.config import read_training_config


@pytest.fixture
def settings(tmp_path):
    return small_settings(tmp_path)


@pytest.fixture
def config(tmp_path, settings):
    return read_training_config(write_settings(tmp_path / "config.json", settings))


@pytest.fixture
def slices_dir(tmp_path):
    """Two patients with 7 normal and 4 abnormal slices together."""
    folder = tmp_path / "slices"
    write_slices(folder, "anna", [False, True, True, False, False, False], seed=1)
    write_slices(folder, "bert", [False, True, True, False, False], seed=2)
    return folder
