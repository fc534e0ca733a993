"""Weights are read whatever surrounds them, and nothing in a file is ever run."""

import math
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sbmir.errors import CheckpointError, NotFoundError
from sbmir.networks.checkpoint import (
    check_fits,
    fingerprint,
    load_networks,
    perceptual_weights,
    read_state_dict,
)
from sbmir.networks.model import build_networks
from sbmir.networks.sizes import NetworkSizes

GOLDEN = Path(__file__).parents[2] / "golden" / "official_layout.ckpt"
LAYOUTS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before-1.6"])


class RunsACommand:
    """Unpickled the ordinary way, it makes a file."""

    def __init__(self, proof):
        self.proof = proof

    def __reduce__(self):
        return os.system, (f"touch '{self.proof}'",)


class SomeTrainersOwnState:
    """A class that no loader of weights knows, with state of several kinds."""

    def __init__(self):
        self.monitor = {"best": torch.tensor(1.0), "path": Path("x")}
        self.history = [np.float64(1.5), {1, 2}, slice(1, 2)]


def save(path, content, zipped=True):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


def assert_same(state, expected):
    assert state.keys() == expected.keys()
    for key, tensor in expected.items():
        assert state[key].dtype == tensor.dtype
        assert torch.equal(state[key], tensor), key


# --- what is read ----------------------------------------------------------------------------


def test_a_lightning_checkpoint_gives_all_its_weights():
    state = read_state_dict(GOLDEN)
    perceptual = perceptual_weights(state)
    assert perceptual is not None
    assert perceptual["7.bias"].shape == (128,)
    assert torch.equal(perceptual["0.weight"], state["l_perceptual.vgg.0.weight"])


def test_perceptual_weights_may_have_the_names_of_vgg19():
    layers = {f"{i}.{kind}": torch.ones(1) * i for i in (0, 2, 5, 7) for kind in ("weight", "bias")}
    state = {f"features.{key}": tensor for key, tensor in layers.items()}
    assert perceptual_weights({**state, "classifier.0.bias": torch.ones(1)}) == layers
    del state["features.5.bias"]
    assert perceptual_weights(state) is None


@LAYOUTS
def test_a_state_dict_is_read_with_or_without_a_checkpoint_around_it(tmp_path, weights, zipped):
    around = {"state_dict": weights, "optimizer_states": [{"step": torch.ones(3)}], "epoch": 7}
    assert_same(read_state_dict(save(tmp_path / "a", around, zipped)), weights)
    assert_same(read_state_dict(save(tmp_path / "b", weights, zipped)), weights)


@LAYOUTS
def test_classes_that_torch_refuses_do_not_hide_the_weights(tmp_path, weights, zipped, caplog):
    around = {
        "callbacks": {SomeTrainersOwnState: SomeTrainersOwnState()},
        "hyper_parameters": SomeTrainersOwnState(),
        "other": [OrderedDict(a=torch.nn.Parameter(torch.ones(2)))],
        "state_dict": OrderedDict(weights),
    }
    path = save(tmp_path / "old.ckpt", around, zipped)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    assert_same(read_state_dict(path), weights)
    assert "SomeTrainersOwnState" in caplog.text


@LAYOUTS
def test_views_slices_and_every_kind_of_number_come_through(tmp_path, zipped):
    base = torch.arange(24.0).reshape(4, 6)
    state = {
        "transposed": base.T,
        "part": base[1:, 2:4],
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "half": base.half(),
        "bfloat": base.bfloat16(),
        "long": base.long(),
        "bool": base > 3,
        "parameter": torch.nn.Parameter(base.double()),
    }
    path = save(tmp_path / "x.ckpt", {"state_dict": state, "o": SomeTrainersOwnState()}, zipped)
    assert_same(read_state_dict(path), state)


@LAYOUTS
@pytest.mark.parametrize("around", [None, SomeTrainersOwnState()])
def test_the_weights_of_single_networks_can_be_read(tmp_path, weights, zipped, around):
    path = save(tmp_path / "x.ckpt", {"state_dict": weights, "o": around}, zipped)
    expected = {key: tensor for key, tensor in weights.items() if key.startswith("lEncoder.")}
    assert_same(read_state_dict(path, ["lEncoder"]), expected)
    assert read_state_dict(path, []) == {}


# --- what is not run -------------------------------------------------------------------------


@LAYOUTS
@pytest.mark.parametrize("place", ["beside", "inside"])
def test_a_command_in_a_checkpoint_is_not_run(tmp_path, weights, zipped, place, caplog):
    command = RunsACommand(tmp_path / "proof")
    state = {**weights, "z": command} if place == "inside" else weights
    path = save(tmp_path / "x.ckpt", {"callbacks": command, "state_dict": state}, zipped)
    assert_same(read_state_dict(path), weights)
    assert "system" in caplog.text
    assert not (tmp_path / "proof").exists()


@LAYOUTS
def test_a_file_of_nothing_but_code_is_refused_by_name(tmp_path, zipped):
    path = save(tmp_path / "x.ckpt", RunsACommand(tmp_path / "proof"), zipped)
    with pytest.raises(CheckpointError, match=rf"code or objects of {os.system.__module__}.system"):
        read_state_dict(path)
    assert not (tmp_path / "proof").exists()


def test_a_plain_pickle_is_refused_and_not_run(tmp_path):
    path = tmp_path / "x.ckpt"
    path.write_bytes(pickle.dumps({"state_dict": RunsACommand(tmp_path / "proof")}))
    with pytest.raises(CheckpointError, match="damaged or not a torch file"):
        read_state_dict(path)
    assert not (tmp_path / "proof").exists()


@pytest.mark.parametrize("name", ["_rebuild_tensor_v2", "_rebuild_parameter"])
def test_a_pickle_cannot_change_the_functions_it_is_given(tmp_path, weights, name):
    # BUILD with a tuple of two sets attributes of whatever object it is applied to.
    attack = f"ctorch._utils\n{name}\n(N}}V__defaults__\n(I1\ntstb.".encode()
    path = tmp_path / "x.ckpt"
    save(path, {"state_dict": weights, "o": SomeTrainersOwnState()})
    _replace_pickle(path, tmp_path / "y.ckpt", attack)
    before = getattr(torch._utils, name).__defaults__
    with pytest.raises(CheckpointError):
        read_state_dict(tmp_path / "y.ckpt")
    assert getattr(torch._utils, name).__defaults__ == before


def _replace_pickle(source, target, data):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            is_pickle = entry.filename.endswith("/data.pkl")
            new.writestr(entry, data if is_pickle else old.read(entry))


def test_a_tensor_cannot_reach_beyond_its_bytes(tmp_path):
    class Reaching:
        def __reduce__(self):
            storage = torch.ones(4)._typed_storage()
            return torch._utils._rebuild_tensor_v2, (
                *(storage, 2, (1000,), (1,)),
                *(False, OrderedDict()),
            )

    path = save(tmp_path / "x.ckpt", {"state_dict": {"a": Reaching()}, "o": SomeTrainersOwnState()})
    with pytest.raises(CheckpointError, match="beyond its storage"):
        read_state_dict(path)


@settings(max_examples=150, deadline=None)
@given(
    zipped=st.booleans(),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4),
    kept=st.floats(0.01, 1),
)
def test_a_damaged_file_is_read_or_refused_but_never_a_bug(tmp_path_factory, zipped, changes, kept):
    content = {"state_dict": {"a": torch.ones(5), "b": torch.zeros(2, 3)}, "o": RunsACommand("x")}
    path = save(tmp_path_factory.mktemp("damaged") / "x.ckpt", content, zipped)
    raw = bytearray(path.read_bytes())
    for place, value in changes:
        raw[int(place * len(raw))] = value
    path.write_bytes(raw[: math.ceil(kept * len(raw))])
    try:
        state = read_state_dict(path)
    except CheckpointError as error:
        assert str(path) in str(error)
    else:
        assert all(isinstance(tensor, torch.Tensor) for tensor in state.values())


# --- what is refused, and how it is said -----------------------------------------------------


def test_an_absent_checkpoint_is_named(tmp_path):
    with pytest.raises(NotFoundError, match=r"published\.ckpt is not there"):
        read_state_dict(tmp_path / "published.ckpt")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="is a folder"):
        read_state_dict(tmp_path)


def test_a_truncated_checkpoint_is_recognised(tmp_path):
    path = tmp_path / "x.ckpt"
    path.write_bytes(GOLDEN.read_bytes()[:1_000_000])
    with pytest.raises(CheckpointError, match="its end is missing"):
        read_state_dict(path)


@LAYOUTS
def test_a_file_cut_within_its_weights_is_refused(tmp_path, weights, zipped):
    path = save(tmp_path / "x.ckpt", {"state_dict": weights}, zipped)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(CheckpointError, match="damaged"):
        read_state_dict(path)


@pytest.mark.parametrize("content", [b"", b"epoch,loss\n1,0.5\n", b"\x93NUMPY\x01\x00v\x00{", b"."])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "x.ckpt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        read_state_dict(path)


def test_a_zip_archive_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.ckpt", "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(CheckpointError, match="not one of torch"):
        read_state_dict(tmp_path / "x.ckpt")


def test_a_checkpoint_without_weights_says_what_it_holds(tmp_path):
    path = save(tmp_path / "x.ckpt", {"epoch": 3, "callbacks": {}})
    with pytest.raises(CheckpointError, match="a dictionary of 'epoch', 'callbacks'"):
        read_state_dict(path)


def test_a_whole_pickled_network_says_which_class_it_needs(tmp_path):
    path = save(tmp_path / "x.ckpt", torch.nn.Linear(2, 2))
    with pytest.raises(CheckpointError, match=r"torch\.nn\.modules\.linear\.Linear"):
        read_state_dict(path)


def test_all_that_does_not_fit_is_said_at_once(sizes, weights):
    state = dict(weights)
    del state["nEncoder.module_list.0.bias"]
    state["sEncoder.module_list.0.bias"] = torch.ones(3)
    state["lDecoder.module_list.0.bias"] = torch.ones(3)
    state["aEncoder.module_list.0.bias"] = torch.ones(8, dtype=torch.int64)
    state["l_perceptual.vgg.0.bias"] = torch.ones(64)
    with pytest.raises(CheckpointError) as caught:
        check_fits(state, sizes, Path("model.ckpt"), "App/config.yaml (models.networks)")
    said = str(caught.value)
    assert "model.ckpt does not fit App/config.yaml (models.networks)" in said
    assert "1 missing: nEncoder.module_list.0.bias" in said
    assert "1 extra: sEncoder.module_list.0.bias" in said
    assert "2 misshapen" in said
    assert "lDecoder.module_list.0.bias (is 3, should be 16)" in said
    assert "aEncoder.module_list.0.bias (is 8 of torch.int64, should be 8)" in said
    assert "l_perceptual" not in said


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"emb_dim": 16}, "emb_dim is 16, but the checkpoint has 24"),
        (
            {"enc_filters": (8, 8, 16, 16), "dec_filters": (16, 16, 16, 8)},
            "enc_filters is 8, 8, 16, 16, but the checkpoint has 8, 8, 16",
        ),
        ({"dec_filters": (8, 8, 8)}, "dec_filters is 8, 8, 8, but the checkpoint has 16, 16, 8"),
        ({"input_dim": 1}, "input_dim is 1, but the checkpoint has 3"),
        ({"use_vae_nEnc": False}, "use_vae_nEnc is False, but the checkpoint has True"),
        ({"use_vae_aEnc": True}, "use_vae_aEnc is True, but the checkpoint has False"),
        ({"label_encoding": "one_hot"}, "label_encoding is one_hot, but the checkpoint has ids"),
    ],
)
def test_the_setting_that_disagrees_is_named(weights, changes, expected):
    made_with = {"emb_dim": 24, "enc_filters": (8, 8, 16), "dec_filters": (16, 16, 8)}
    with pytest.raises(CheckpointError) as caught:
        check_fits(weights, NetworkSizes(**{**made_with, **changes}), Path("model.ckpt"))
    assert str(caught.value).splitlines()[1:-1].count(expected) == 1
    # The settings that agree are not accused.
    accused = {line.split(" is ")[0] for line in str(caught.value).splitlines() if ", but" in line}
    assert accused == set(changes)


# --- the same model --------------------------------------------------------------------------


def test_saving_a_model_again_keeps_its_fingerprint(tmp_path):
    state = read_state_dict(GOLDEN)
    original = fingerprint(state)
    slim = {key: value for key, value in reversed(state.items()) if "perceptual" not in key}
    resaved = [
        save(tmp_path / "a", {"state_dict": slim}),
        save(tmp_path / "b", {"epoch": 9, "state_dict": OrderedDict(state)}, zipped=False),
        save(tmp_path / "c", {"state_dict": slim, "o": SomeTrainersOwnState()}),
    ]
    assert {fingerprint(read_state_dict(path)) for path in resaved} == {original}


def test_any_change_of_the_weights_changes_the_fingerprint(weights):
    original = fingerprint(weights)
    key = "iDecoder.module_list.0.weight"
    nudged = {**weights, key: weights[key].clone()}
    nudged[key].view(-1)[-1] += 1e-6
    reshaped = {**weights, key: weights[key].flatten()}
    halved = {**weights, key: weights[key].half()}
    missing = {name: tensor for name, tensor in weights.items() if name != key}
    others = [fingerprint(state) for state in (nudged, reshaped, halved, missing)]
    assert len({original, *others}) == 5


def test_memory_layout_does_not_change_the_fingerprint(weights):
    moved = {
        key: tensor.to(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor
        for key, tensor in weights.items()
    }
    assert fingerprint(moved) == fingerprint(weights)


def test_loaded_networks_are_ready_for_inference(tmp_path, sizes, weights):
    halved = {key: tensor.half() for key, tensor in weights.items()}
    path = save(tmp_path / "x.ckpt", {"state_dict": halved})
    networks = load_networks(path, sizes, ["nEncoder", "lEncoder"])
    assert [name for name, _ in networks.named_children()] == ["nEncoder", "lEncoder"]
    assert not networks.nEncoder.training
    for key, parameter in networks.named_parameters():
        assert parameter.dtype == torch.float32
        assert not parameter.requires_grad
        assert torch.equal(parameter, halved[key].float())


def test_loaded_weights_do_not_follow_the_file(tmp_path, sizes, weights):
    path = save(tmp_path / "x.ckpt", {"state_dict": weights})
    networks = load_networks(path, sizes)
    path.write_bytes(b"\0" * path.stat().st_size)
    assert_same(networks.state_dict(), weights)


def test_fresh_networks_fit_their_own_sizes(sizes):
    check_fits(build_networks(sizes).state_dict(), sizes, Path("x"))
