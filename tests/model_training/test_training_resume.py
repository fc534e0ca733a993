"""A training that was stopped and resumed ends with the weights of an undisturbed one."""

import csv
import logging

import pytest
import torch
from training_samples import changed, write_settings

from ModelTraining.run_training import main
from sbmir.networks.checkpoint import fingerprint, read_state_dict

pytestmark = pytest.mark.slow

EVERYTHING = {
    "run": {"n_epochs": 3, "ema_decay": 0.9, "gradient_clip": 1.0},
    "optimizer": {"schedule": {"warmup_steps": 2, "decay_steps": 10}},
    "dataset": {
        "extra_augmentation": {"scale": 0.1, "shift": 0.05, "log_gamma": 0.3, "gain": 0.1},
        "hand_drawing": {},
    },
    "loss_weight": {"hand_consistent": 1.0, "label_seg": 1.0},
    "models": {"use_vae_aEnc": True, "label_encoding": "one_hot"},
}
STEPS_PER_EPOCH = 3


@pytest.fixture
def train(tmp_path, settings, slices_dir, caplog):
    """Trains within this process; returns the folder of the run."""
    caplog.set_level(logging.INFO)

    def run(*arguments, **sections):
        path = write_settings(tmp_path / "config.json", changed(settings, **sections))
        before = set((tmp_path / "codes" / "small").glob("version_*"))
        assert main(["--config", str(path), "--mode", "train", *map(str, arguments)]) == 0
        (folder,) = set((tmp_path / "codes" / "small").glob("version_*")) - before
        return folder

    torch.set_num_threads(1)
    return run


def checkpoint(folder, epoch):
    (path,) = folder.glob(f"checkpoints/ckpt-epoch={epoch:04d}-total_loss=*.ckpt")
    return path


def whole_state(path):
    return torch.load(path, weights_only=True)


def assert_same_training(first, second):
    """The same weights, average, optimizer and schedule; floats to the last bit."""
    a, b = whole_state(first), whole_state(second)
    assert fingerprint(read_state_dict(first)) == fingerprint(read_state_dict(second))
    assert a["lr_schedulers"] == b["lr_schedulers"]
    assert a["global_step"] == b["global_step"]
    for key in ("current_model_state", "averaging_state"):
        assert a.get(key, {}).keys() == b.get(key, {}).keys()
        for name, tensor in a.get(key, {}).items():
            assert torch.equal(tensor, b[key][name]), name
    (one,), (other,) = a["optimizer_states"], b["optimizer_states"]
    assert one["param_groups"] == other["param_groups"]
    for number, state in one["state"].items():
        for name, value in state.items():
            assert torch.equal(
                torch.as_tensor(value), torch.as_tensor(other["state"][number][name])
            )


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def iterations(folder):
    return [(int(row["epoch"]), int(row["iteration"])) for row in rows(folder / "log.csv")]


@pytest.mark.parametrize("steps", [2, 3, 4])
@pytest.mark.parametrize("workers", [0, 2])
def test_resuming_is_exact_wherever_the_training_stopped(train, steps, workers):
    """Within an epoch too, and whatever the loading processes had read ahead."""
    sections = EVERYTHING | {"dataset": EVERYTHING["dataset"] | {"num_workers": workers}}
    whole = train(**sections)
    cut = train(**sections | {"run": EVERYTHING["run"] | {"max_steps": steps}})
    last = checkpoint(cut, (steps - 1) // STEPS_PER_EPOCH)
    rest = train("--checkpoint", last, **sections)
    assert_same_training(checkpoint(rest, 2), checkpoint(whole, 2))
    assert iterations(cut) + iterations(rest) == iterations(whole)


def test_resuming_is_exact_with_the_published_options(train):
    whole = train(run={"n_epochs": 2})
    rest = train("--checkpoint", checkpoint(whole, 0), run={"n_epochs": 2})
    assert_same_training(checkpoint(rest, 1), checkpoint(whole, 1))


def test_a_limit_of_steps_may_itself_be_resumed(train):
    whole = train(run={"max_steps": 5})
    cut = train(run={"max_steps": 2})
    rest = train("--checkpoint", checkpoint(cut, 0), run={"max_steps": 5})
    assert_same_training(checkpoint(rest, 1), checkpoint(whole, 1))
    # Within its first epoch, too, a training shows what has been learnt.
    assert [row["epoch"] for row in rows(cut / "val_logs.csv")] == ["0"]
    assert (cut / "pictures" / "epoch=0000_overview.png").is_file()
    assert [row["epoch"] for row in rows(rest / "val_logs.csv")] == ["0", "1"]


def test_checkpoints_hold_the_average_and_the_weights_that_go_on(train):
    folder = train(run={"ema_decay": 0.9, "n_epochs": 1})
    state = whole_state(checkpoint(folder, 0))
    key = "lEncoder.module_list.0.weight"
    average, current = state["state_dict"][key], state["current_model_state"][key]
    assert not torch.equal(average, current)
    assert set(state["state_dict"]) == set(state["current_model_state"])
    plain = train(run={"n_epochs": 1})
    assert torch.equal(whole_state(checkpoint(plain, 0))["state_dict"][key], current)


def test_an_average_may_begin_at_a_checkpoint_without_one(train):
    plain = train(run={"n_epochs": 1})
    folder = train("--checkpoint", checkpoint(plain, 0), run={"n_epochs": 2, "ema_decay": 0.9})
    assert "averaging_state" in whole_state(checkpoint(folder, 1))
