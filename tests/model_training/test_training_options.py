"""Options that the published settings leave off, as their users turn them on."""

import functools
import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from test_run_training import checkpoint, rows, run_training, train
from training_samples import changed, write_settings, write_slices

from ModelTraining.build import build_module, compile_networks
from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.sampling import EpochShuffle, Share
from ModelTraining.hardware import Devices, available_devices, available_workers, can_compile
from ModelTraining.module import Pictures
from ModelTraining.pictures import CLASS_COLOURS, TITLE_HEIGHT_PX, save_overview
from ModelTraining.resume import StartingPoint
from sbmir.errors import ConfigError
from sbmir.networks.checkpoint import fingerprint, load_networks, read_state_dict

# --- several processes -------------------------------------------------------------------------


@pytest.fixture
def more_slices(slices_dir):
    write_slices(slices_dir, "carl", [False] * 6 + [True] * 7, seed=3)
    return slices_dir


@pytest.mark.slow
def test_two_processes_train_together_and_resume_exactly(tmp_path, settings, more_slices, config):
    settings = changed(settings, run={"cpu_processes": 2, "ema_decay": 0.9})
    said = train(tmp_path / "config.json", settings)
    study = tmp_path / "codes" / "small"
    whole, first = checkpoint(study / "version_0", 1), checkpoint(study / "version_0", 0)
    assert said.count("This run is kept") == said.count("3 patients") == 1
    # 13 normal slices: each process takes 6 of them, two at a time.
    assert [row["iteration"] for row in rows(study / "version_0" / "log.csv")] == list("012345")
    assert len(rows(study / "version_0" / "val_logs.csv")) == 2

    train(tmp_path / "rest.json", settings, "--checkpoint", first)
    rest = checkpoint(study / "version_1", 1)
    assert fingerprint(read_state_dict(rest)) == fingerprint(read_state_dict(whole))

    alone = changed(settings, run={"cpu_processes": 1})
    train(tmp_path / "alone.json", alone, "--checkpoint", first)
    other = checkpoint(study / "version_2", 1)
    assert fingerprint(read_state_dict(other)) != fingerprint(read_state_dict(whole))
    load_networks(whole, config.models)


@pytest.mark.slow
def test_several_processes_learn_lesions_without_the_normal_codes(tmp_path, settings, more_slices):
    settings = changed(
        settings,
        run={"cpu_processes": 2, "n_epochs": 1},
        losses={"d_aac_margin_loss_type": "none"},
        loss_weight={"recon": 0, "h_nac_vae": 0},
    )
    train(tmp_path / "config.json", settings)
    assert len(rows(tmp_path / "codes" / "small" / "version_0" / "log.csv")) == 3


def test_processes_share_a_pass_out():
    parts = [list(EpochShuffle(11, 5, Share(rank, 3))) for rank in range(3)]
    assert [len(part) for part in parts] == [3, 3, 3]
    assert len({index for part in parts for index in part}) == 9
    assert len(EpochShuffle(11, 5, Share(1, 3))) == 3
    few = [list(EpochShuffle(2, 5, Share(rank, 3))) for rank in range(3)]
    assert [len(part) for part in few] == [1, 1, 1]


def test_an_order_goes_on_where_it_was_left():
    whole = EpochShuffle(10, seed=1)
    passes = [list(whole), list(whole)]
    rest = EpochShuffle(10, seed=1)
    rest.begin(epoch=0, passes=1, slices=4)
    rest.set_epoch(0)  # the trainer says so before the rest of the epoch, too
    assert list(rest) == passes[1][4:]
    assert list(rest) == list(whole)


def test_devices_and_loading_processes_are_counted_together(caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    assert available_devices("", cpu_processes=2).processes == 2
    assert Devices((0, 1, 2), cpu_processes=2).processes == 3
    assert available_workers(4, processes=2) == 4
    assert not caplog.records
    assert available_workers(5, processes=2) == 4
    assert available_workers(5, processes=100) == 1


# --- frozen networks ---------------------------------------------------------------------------


@pytest.mark.usefixtures("slices_dir")
def test_frozen_networks_keep_the_weights_of_the_checkpoint(tmp_path, settings):
    train(tmp_path / "first.json", settings)
    study = tmp_path / "codes" / "small"
    first = checkpoint(study / "version_0", 0)
    frozen = ["aEncoder", "lEncoder", "lDecoder"]
    train(
        tmp_path / "second.json", changed(settings, run={"frozen": frozen}), "--checkpoint", first
    )
    before, after = (read_state_dict(path) for path in (first, checkpoint(study / "version_1", 1)))
    for key, weight in before.items():
        stayed = torch.equal(weight, after[key])
        assert stayed == (key.split(".")[0] in frozen), key


def test_networks_cannot_be_frozen_before_they_have_learnt(config):
    run = replace(config.run, frozen=frozenset({"aEncoder"}))
    with pytest.raises(ConfigError, match=r"aEncoder.*no checkpoint"):
        build_module(replace(config, run=run), StartingPoint(), None, channels_last=False)


# --- compiled networks -------------------------------------------------------------------------


def test_compiled_networks_keep_their_names_and_numbers(config, monkeypatch):
    plain = build_module(config, StartingPoint(), None, channels_last=False).eval()
    compiled = build_module(config, StartingPoint(), None, channels_last=False).eval()
    compiled.load_state_dict(plain.state_dict())
    calls = []

    def backend(graph, _inputs):
        calls.append(graph)
        return graph.forward

    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend=backend))
    compile_networks(compiled)
    assert list(compiled.state_dict()) == list(plain.state_dict())
    image = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        for name in ("nEncoder", "aEncoder", "lEncoder"):
            given = image[:, :1] if name == "lEncoder" else image
            quick, slow = (module.get_submodule(name) for module in (compiled, plain))
            torch.testing.assert_close(quick.distribution(given).mu, slow.distribution(given).mu)
        code = plain.aEncoder(image)
        for name in ("iDecoder", "lDecoder"):
            quick, slow = (module.get_submodule(name) for module in (compiled, plain))
            torch.testing.assert_close(quick(code), slow(code))
    assert len(calls) == 5  # each network is one program


def test_without_a_compiler_networks_are_left_as_they_are(caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert not can_compile(False, Devices(()))
    assert not caplog.records
    assert not can_compile(True, Devices(()))
    assert "C++ compiler" in caplog.text
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not can_compile(True, Devices((0,)))
    assert "triton" in caplog.text
    monkeypatch.setattr("shutil.which", lambda name: name)
    assert can_compile(True, Devices(()))


# --- what is left to look at -------------------------------------------------------------------


def test_the_overview_has_a_row_for_each_slice(tmp_path):
    labels = torch.zeros(3, 32, 32, dtype=torch.long)
    labels[1, :16] = 2
    image = torch.linspace(-1, 3, 32).expand(3, 3, 32, 32)
    pictures = Pictures(entire=image, normal_only=image.flip(-1), predicted=labels.flip(1))
    path = tmp_path / "overview.png"
    save_overview(
        path, ("t1", "t1ce", "flair"), SliceBatch(image, labels, torch.arange(3)), pictures
    )
    with Image.open(path) as opened:
        shown = np.asarray(opened)
    assert shown.shape == (TITLE_HEIGHT_PX + 3 * 32, 8 * 32, 3)
    second = shown[TITLE_HEIGHT_PX + 32 : TITLE_HEIGHT_PX + 64]
    image, entire, normal = (second[:, 32 * place : 32 * place + 32] for place in range(3))
    assert (image[5, 0].tolist(), image[5, 31].tolist()) == ([0] * 3, [255] * 3)
    assert np.array_equal(entire, image)
    assert np.array_equal(normal, image[:, ::-1])
    label, prediction = second[:, 6 * 32 : 7 * 32], second[:, 7 * 32 :]
    assert label[3, 3].tolist() == CLASS_COLOURS[2].tolist() == prediction[28, 3].tolist()
    assert label[28, 3].tolist() == CLASS_COLOURS[0].tolist()
    assert shown[:TITLE_HEIGHT_PX, :32].max() > 200  # its name


@pytest.mark.slow
def test_tensorboard_shows_what_the_csv_files_hold(tmp_path, settings, slices_dir):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    settings = changed(settings, run={"n_epochs": 1}, save={"tensorboard": True})
    train(tmp_path / "config.json", settings)
    folder = tmp_path / "codes" / "small" / "version_0"
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    log = rows(folder / "log.csv")
    shown = events.Scalars("train/seg_loss")
    assert [event.step for event in shown] == [0, 1, 2]
    assert [event.value for event in shown] == pytest.approx(
        [float(row["seg_loss"]) for row in log], rel=1e-4
    )
    dice = float(rows(folder / "val_logs.csv")[0]["ED"])
    assert events.Scalars("dice/ED")[0].value == pytest.approx(dice, rel=1e-4)
    assert events.Scalars("learning_rate")[0].value == pytest.approx(1e-4)
    assert len(events.Images("validation")) == 1


def test_tensorboard_that_is_not_installed_is_told_at_once(
    tmp_path, settings, slices_dir, monkeypatch, capsys
):
    from ModelTraining.run_training import main

    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    path = write_settings(tmp_path / "config.json", changed(settings, save={"tensorboard": True}))
    assert main(["--config", str(path), "--mode", "train"]) == 3
    assert "tensorboard is not installed" in capsys.readouterr().err
    assert not (tmp_path / "codes").exists()


# --- the check of a configuration --------------------------------------------------------------


@pytest.mark.slow
def test_a_check_tells_whether_a_configuration_trains(tmp_path, settings, more_slices):
    settings["run"]["resume_checkpoint"] = str(tmp_path / "not needed.ckpt")
    settings["dataset"]["train_root_dir_paths"] = [str(tmp_path / "elsewhere")]
    settings["optimizer"]["g_lr"] = 2e-3
    path = write_settings(tmp_path / "config.json", settings)
    common = ("--config", path, "--mode", "check", "--steps", 24, "--slices", more_slices)
    done = run_training(*common, "--batch-size", 8)
    assert done.returncode == 0, done.stderr
    assert "over the first 10 steps" in done.stderr
    assert "The application can use" in done.stderr
    folder = tmp_path / "codes" / "small-check" / "version_0"
    assert len(rows(folder / "log.csv")) == 24

    settings["optimizer"]["g_lr"] = 1e-30
    settings["dataset"]["use_augmentation"] = False
    write_settings(path, settings)
    done = run_training(*common)
    assert ("The loss did not fall." in done.stderr) is (done.returncode == 1)


@pytest.mark.slow
def test_a_training_that_diverges_is_stopped_with_advice(tmp_path, settings, slices_dir):
    settings = changed(settings, optimizer={"g_lr": 1e30}, run={"n_epochs": 30})
    path = write_settings(tmp_path / "config.json", settings)
    done = run_training("--config", path, "--mode", "train")
    assert done.returncode == 1
    assert "the loss was no number any more" in done.stderr
    assert "Traceback" not in done.stderr
    log = rows(tmp_path / "codes" / "small" / "version_0" / "log.csv")
    assert any("nan" in row["total_loss"] or "inf" in row["total_loss"] for row in log)


def test_options_of_the_check_belong_to_it(tmp_path, settings, capsys):
    from ModelTraining.run_training import main

    path = str(write_settings(tmp_path / "config.json", settings))
    with pytest.raises(SystemExit, match="2"):
        main(["--config", path, "--mode", "train", "--steps", "50"])
    with pytest.raises(SystemExit, match="2"):
        main(["--config", path, "--mode", "check", "--steps", "5"])
    assert "at least 20" in capsys.readouterr().err


def test_checked_settings_start_anew_and_stay_apart(config):
    from ModelTraining.check import CheckOptions, _for_check

    resuming = replace(config, run=replace(config.run, resume_checkpoint="a.ckpt"))
    checked = _for_check(resuming, CheckOptions(steps=30))
    assert checked.run.resume_checkpoint is None
    assert checked.run.max_steps == 30
    assert checked.save.study_name == f"{config.save.study_name}-check"
    assert checked.dataset == config.dataset
