"""Where a training starts, and what it does without on a small machine."""

import logging
from dataclasses import replace

import pytest
import torch

from ModelTraining.build import build_module, build_perceptual
from ModelTraining.config import ScheduleConfig
from ModelTraining.hardware import available_devices, available_workers, use_channels_last
from ModelTraining.module import learning_rate_factor
from ModelTraining.resume import StartingPoint, find_starting_point
from ModelTraining.run_folder import new_run_folder
from sbmir.errors import CheckpointError, ConfigError, NotFoundError
from sbmir.networks.model import build_networks
from sbmir.networks.perceptual import PerceptualFeatures


@pytest.fixture
def checkpoint(tmp_path, config):
    """A checkpoint of this program's kind, after epoch 4."""

    def write(**extra):
        path = tmp_path / "made.ckpt"
        content = {
            "state_dict": build_networks(config.models).state_dict(),
            "epoch": 4,
            "global_step": 50,
            "pytorch-lightning_version": "2.6.0",
            "loops": {},
            "optimizer_states": [{"state": {}}],
        }
        torch.save(content | extra, path)
        return replace(config.run, resume_checkpoint=path, n_epochs=10)

    return write


def test_an_absent_checkpoint_means_a_new_training_and_is_said(config, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    run = replace(config.run, resume_checkpoint=tmp_path / "absent.ckpt")
    assert find_starting_point(run) == StartingPoint()
    assert "starts anew" in caplog.text


def test_a_checkpoint_with_epochs_left_goes_on(checkpoint):
    start = find_starting_point(checkpoint())
    assert (start.epochs_done, start.whole) == (5, True)


def test_a_finished_checkpoint_says_how_to_train_anew(checkpoint):
    with pytest.raises(ConfigError, match=r"(?s)all 5 epochs.*resume_checkpoint to false"):
        find_starting_point(replace(checkpoint(), n_epochs=5))
    with pytest.raises(ConfigError, match="all 50 steps"):
        find_starting_point(replace(checkpoint(), max_steps=50))


def test_the_state_of_an_old_lightning_is_not_taken_over(checkpoint, caplog):
    caplog.set_level(logging.INFO)
    run = checkpoint(**{"pytorch-lightning_version": "1.6.0"})
    start = find_starting_point(run)
    assert (start.epochs_done, start.whole) == (5, False)
    assert "fresh optimizer" in caplog.text


def test_weights_alone_are_a_start(checkpoint, config):
    run = checkpoint()
    torch.save(
        {"state_dict": torch.load(run.resume_checkpoint)["state_dict"]}, run.resume_checkpoint
    )
    start = find_starting_point(run)
    assert (start.epochs_done, start.whole) == (0, False)
    module = build_module(config, start, None, channels_last=False)
    key = "iDecoder.module_list.0.weight"
    assert torch.equal(module.state_dict()[key], start.state[key])


def test_a_checkpoint_of_other_sizes_is_refused(checkpoint, config):
    start = find_starting_point(checkpoint())
    wider = replace(config, models=replace(config.models, emb_dim=24))
    with pytest.raises(CheckpointError, match="emb_dim"):
        build_module(wider, start, None, channels_last=False)


@pytest.fixture
def perceptual_config(config):
    return replace(config, losses=replace(config.losses, use_perceptual=True))


def test_missing_perceptual_weights_stop_with_advice(perceptual_config):
    with pytest.raises(NotFoundError) as caught:
        build_perceptual(perceptual_config, StartingPoint())
    for part in ("perceptual_weights", "vgg19", "use_perceptual to false"):
        assert part in str(caught.value)


@pytest.mark.parametrize("prefix", ["features.", "l_perceptual.vgg."])
def test_perceptual_weights_come_from_a_file(perceptual_config, tmp_path, prefix):
    weights = PerceptualFeatures().vgg.state_dict()
    path = tmp_path / "vgg.pth"
    torch.save({prefix + key: tensor for key, tensor in weights.items()}, path)
    losses = replace(perceptual_config.losses, perceptual_weights=path)
    network = build_perceptual(replace(perceptual_config, losses=losses), StartingPoint())
    assert torch.equal(network.vgg[7].weight, weights["7.weight"])
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_perceptual_weights_of_the_checkpoint_come_first(perceptual_config, tmp_path):
    weights = PerceptualFeatures().vgg.state_dict()
    state = {f"l_perceptual.vgg.{key}": tensor for key, tensor in weights.items()}
    losses = replace(perceptual_config.losses, perceptual_weights=tmp_path / "absent.pth")
    start = StartingPoint(path=tmp_path / "a.ckpt", state=state)
    network = build_perceptual(replace(perceptual_config, losses=losses), start)
    assert torch.equal(network.vgg[0].weight, weights["0.weight"])


def test_a_file_without_perceptual_weights_is_refused(perceptual_config, tmp_path):
    path = tmp_path / "vgg.pth"
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)
    losses = replace(perceptual_config.losses, perceptual_weights=path)
    with pytest.raises(CheckpointError, match=r"vgg\.pth"):
        build_perceptual(replace(perceptual_config, losses=losses), StartingPoint())


def test_the_perceptual_network_is_saved_but_not_trained(perceptual_config):
    module = build_module(perceptual_config, StartingPoint(), PerceptualFeatures(), False)
    keys = set(module.state_dict())
    networks = set(build_networks(perceptual_config.models).state_dict())
    extra = {f"l_perceptual.vgg.{i}.{kind}" for i in (0, 2, 5, 7) for kind in ("weight", "bias")}
    assert keys == networks | extra
    trained = module.configure_optimizers().param_groups[0]["params"]
    assert len(trained) == len(networks)


def test_absent_devices_and_workers_are_said_once(caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert available_devices("0, 1, 2, 3").cuda == (0, 1)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    none = available_devices("0, 1")
    assert none.cuda == ()
    assert available_workers(10_000) < 10_000
    assert not use_channels_last(True, none)
    assert len(caplog.records) == 4
    with pytest.raises(ConfigError, match="first"):
        available_devices("first")


def test_each_run_has_a_folder_of_its_own(tmp_path):
    study = tmp_path / "study"
    (study / "version_7").mkdir(parents=True)
    (study / "notes").mkdir()
    assert new_run_folder(study).name == "version_8"
    assert new_run_folder(study).name == "version_9"
    (tmp_path / "file").touch()
    with pytest.raises(NotFoundError, match="cannot be written"):
        new_run_folder(tmp_path / "file" / "study")


def test_the_learning_rate_warms_up_and_falls_to_zero():
    factor = learning_rate_factor(ScheduleConfig(warmup_steps=4, decay_steps=10))
    assert [factor(step) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert factor(4) == 1.0
    assert factor(9) == pytest.approx(0.5)
    assert factor(14) == factor(1000) == pytest.approx(0.0)
