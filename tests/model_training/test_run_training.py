"""The command as its users type it."""

import csv
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from training_samples import PUBLISHED, changed, write_settings

from ModelTraining.run_training import main
from sbmir.layout import REPOSITORY_ROOT
from sbmir.networks.checkpoint import fingerprint, load_networks, read_state_dict


def run_training(*arguments):
    """Run it from its own folder, with every warning an error."""
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(REPOSITORY_ROOT),
        "PYTHONWARNINGS": "error",
    }
    return subprocess.run(
        [sys.executable, "run_training.py", *map(str, arguments)],
        cwd=REPOSITORY_ROOT / "ModelTraining",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def train(path, settings, *arguments):
    done = run_training("--config", write_settings(path, settings), "--mode", "train", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def checkpoint(folder, epoch):
    (path,) = folder.glob(f"checkpoints/ckpt-epoch={epoch:04d}-total_loss=*.ckpt")
    return path


@pytest.mark.slow
def test_a_training_leaves_logs_pictures_and_checkpoints(tmp_path, settings, slices_dir, config):
    settings = changed(settings, run={"n_epochs": 4}, save={"save_interval": 2})
    settings["save"]["save_limit_num"] = 1
    train(tmp_path / "config.json", settings)
    folder = tmp_path / "codes" / "small" / "version_0"

    log = rows(folder / "log.csv")
    assert [(row["epoch"], row["iteration"]) for row in log[:4]] == [
        ("0", "0"),
        ("0", "1"),
        ("0", "2"),
        ("1", "3"),
    ]
    weighted = [name for name in log[0] if name.endswith("_loss") and name != "total_loss"]
    assert len(weighted) == 9
    for row in log:
        total = sum(float(row[name]) for name in weighted)
        assert float(row["total_loss"]) == pytest.approx(total, rel=1e-4)
    validation = rows(folder / "val_logs.csv")
    assert [row["epoch"] for row in validation] == ["0", "1", "2", "3"]
    assert 0 < float(validation[0]["Background"]) <= 1

    kept = sorted(path.name[:15] for path in (folder / "checkpoints").iterdir())
    assert kept == ["ckpt-epoch=0001", "ckpt-epoch=0002", "ckpt-epoch=0003"]
    load_networks(checkpoint(folder, 3), config.models)
    assert (folder / "config.json").read_text() == (tmp_path / "config.json").read_text()
    with Image.open(folder / "pictures" / "epoch=0003_t1ce.png") as picture:
        assert picture.size == (4 * 32, 3 * 32)
    with Image.open(folder / "pictures" / "epoch=0000_segmentation.png") as picture:
        assert picture.size == (4 * 32, 2 * 32)


@pytest.mark.slow
def test_a_resumed_training_ends_where_an_undisturbed_one_does(tmp_path, settings, slices_dir):
    study = tmp_path / "codes" / "small"
    train(tmp_path / "whole.json", settings)
    whole = checkpoint(study / "version_0", 1)
    first = checkpoint(study / "version_0", 0)
    train(tmp_path / "rest.json", settings, "--checkpoint", first)
    rest = checkpoint(study / "version_1", 1)
    assert fingerprint(read_state_dict(rest)) == fingerprint(read_state_dict(whole))
    assert len(rows(study / "version_1" / "log.csv")) == 3

    done = run_training("--config", tmp_path / "rest.json", "--mode", "train", "--checkpoint", rest)
    assert done.returncode == 2
    assert "run.resume_checkpoint to false" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_every_option_together_trains(tmp_path, settings, slices_dir):
    settings = changed(
        settings,
        run={"precision": "bf16-mixed", "channels_last": True, "max_steps": 2, "n_epochs": 9},
        optimizer={"schedule": {"warmup_steps": 1, "decay_steps": 5}},
        losses={"use_emphasis": True, "use_perceptual": True, "d_aac_margin_loss_type": "norm"},
        models={"use_vae_aEnc": True},
        dataset={
            "num_workers": 1,
            "extra_augmentation": {
                "scale": 0.1,
                "shift": 0.05,
                "log_gamma": 0.3,
                "gain": 0.1,
                "bias": 0.1,
                "noise": 0.1,
                "blur_px": 0.5,
            },
        },
    )
    weights = tmp_path / "vgg.pth"
    torch.manual_seed(0)
    sizes = {0: (64, 3), 2: (64, 64), 5: (128, 64), 7: (128, 128)}
    state = {}
    for layer, (out, inside) in sizes.items():
        state[f"features.{layer}.weight"] = 0.05 * torch.randn(out, inside, 3, 3)
        state[f"features.{layer}.bias"] = torch.zeros(out)
    torch.save(state, weights)
    settings["losses"]["perceptual_weights"] = str(weights)
    train(tmp_path / "config.json", settings)
    folder = tmp_path / "codes" / "small" / "version_0"
    assert len(rows(folder / "log.csv")) == 2
    saved = read_state_dict(checkpoint(folder, 0))
    assert sum(key.startswith("l_perceptual.vgg.") for key in saved) == 8
    assert all(torch.isfinite(tensor).all() for tensor in saved.values())


@pytest.mark.slow
def test_codes_and_exported_weights_of_a_trained_model(tmp_path, settings, slices_dir, config):
    train(tmp_path / "config.json", changed(settings, run={"max_steps": 1}))
    trained = checkpoint(tmp_path / "codes" / "small" / "version_0", 0)
    exported = tmp_path / "weights.ckpt"
    common = ("--config", tmp_path / "config.json", "--checkpoint")
    done = run_training(*common, trained, "--mode", "export", "--out", exported)
    assert done.returncode == 0, done.stderr
    assert list(torch.load(exported)) == ["state_dict"]
    load_networks(exported, config.models)
    assert fingerprint(read_state_dict(exported)) == fingerprint(read_state_dict(trained))
    assert exported.stat().st_size < 0.5 * trained.stat().st_size
    half = tmp_path / "half.ckpt"
    done = run_training(*common, trained, "--mode", "export", "--half", "--out", half)
    assert done.returncode == 0, done.stderr
    assert half.stat().st_size < 0.7 * exported.stat().st_size
    loaded = read_state_dict(half)
    for key, tensor in read_state_dict(exported).items():
        torch.testing.assert_close(loaded[key].float(), tensor, rtol=1e-3, atol=1e-6)

    for label_map in slices_dir.glob("*/*_seg_*.npy"):
        label_map.unlink()
    done = run_training(*common, exported, "--mode", "test")
    assert done.returncode == 0, done.stderr
    codes = tmp_path / "codes" / "MICCAI_BraTS_2019_Data_Training" / "small"
    assert len(list(codes.glob("anna/nac_*.npy"))) == 6
    eac = np.load(codes / "bert" / "eac_0004.npy")
    assert eac.shape == (8, 2, 2)
    assert eac.dtype == np.float32


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["train", "test"])
def test_with_nothing_placed_there_is_one_message(mode, tmp_path):
    text = PUBLISHED.read_text().replace("${ROOT_PATH}", str(tmp_path))
    (tmp_path / "published.json").write_text(text)
    done = run_training("--config", tmp_path / "published.json", "--mode", mode)
    assert done.returncode == 3
    assert "not there" in done.stderr
    assert "preprocess.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_modes_that_cannot_work_say_why(tmp_path, settings, slices_dir, capsys):
    only = changed(settings, run={"training_dataset": "normal_dataset"})
    path = str(write_settings(tmp_path / "only.json", only))
    assert main(["--config", path, "--mode", "train"]) == 2
    assert "pairs" in capsys.readouterr().err
    assert main(["--config", path, "--mode", "test"]) == 3
    assert "checkpoint" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["--config", path, "--mode", "export"])
    assert "--out" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["--config", path, "--mode", "test", "--half"])
    assert "--half" in capsys.readouterr().err
