"""Settings of a training: the published file works, and mistakes are told together."""

import pytest
from training_samples import PUBLISHED, changed, write_settings

from ModelTraining.config import read_training_config
from sbmir.errors import ConfigError
from sbmir.layout import REPOSITORY_ROOT, RESOURCES


def test_the_published_file_is_read(monkeypatch):
    monkeypatch.delenv("ROOT_PATH", raising=False)
    config = read_training_config(PUBLISHED)
    assert config.models.image_size == 256
    assert config.run.resume_checkpoint == (
        RESOURCES / "saved_models" / "MICCAI_BraTS" / "bottom2x2_margin-10-epoch=0299.ckpt"
    )
    datasets = RESOURCES / "datasets"
    assert config.dataset.train_root_dir_paths == (
        datasets / "MICCAI_BraTS_2019_Data_Validation_Slices",
        datasets / "MICCAI_BraTS_2019_Data_Testing_Slices",
    )
    assert config.dataset.patient_ids is None
    assert config.losses.focal_loss.alpha is None
    assert config.run.precision == "32-true"
    assert str(REPOSITORY_ROOT) not in PUBLISHED.read_text()


def test_all_mistakes_are_told_together(tmp_path, settings):
    wrong = changed(
        settings,
        run={"n_epoch": 3, "seed": -1},
        losses={"d_aac_margin_loss_type": "cosine"},
        dataset={"batch_size": 3},
    )
    del wrong["optimizer"]["g_lr"]
    with pytest.raises(ConfigError) as caught:
        read_training_config(write_settings(tmp_path / "wrong.json", wrong))
    message = str(caught.value)
    for part in ("run.n_epoch", "did you mean 'n_epochs'", "run.seed", "d_aac_margin_loss_type"):
        assert part in message
    for part in ("dataset.batch_size", "optimizer.g_lr", "missing"):
        assert part in message


def test_sections_that_disagree_are_told_together(tmp_path, settings):
    wrong = changed(settings, models={"seg_output_dim": 5}, dataset={"modalities": ["t1", "t2"]})
    wrong["losses"]["dice_loss"]["ignore_index"] = 4
    with pytest.raises(ConfigError) as caught:
        read_training_config(write_settings(tmp_path / "wrong.json", wrong))
    message = str(caught.value)
    for part in ("seg_output_dim", "dataset.modalities", "ignore_index"):
        assert part in message


def test_false_means_none(tmp_path, settings):
    off = changed(settings, run={"max_steps": False, "max_minutes": False})
    off["dataset"] |= {"extra_augmentation": False}
    off["optimizer"] |= {"schedule": False}
    config = read_training_config(write_settings(tmp_path / "off.json", off))
    assert config.run.max_steps is None
    assert config.run.max_minutes is None
    assert config.dataset.extra_augmentation is None
    assert config.optimizer.schedule is None
