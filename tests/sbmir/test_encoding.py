"""What the program asks the networks for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from model_samples import SIZE, SIZES, make_stacks, write_checkpoint

from sbmir.encoding import CodeEncoder
from sbmir.errors import CheckpointError, ConfigError, DataError, NotFoundError
from sbmir.networks.checkpoint import load_networks


@pytest.fixture
def checkpoint(tmp_path):
    return write_checkpoint(tmp_path / "model.ckpt")


@pytest.fixture
def encoder(checkpoint):
    return CodeEncoder.from_checkpoint(checkpoint, SIZES)


def sketch():
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[2:6, 2:6] = 2
    labels[3:5, 3:5] = 1
    labels[3, 3] = 3
    return labels


def test_codes_are_what_the_networks_compute(encoder, checkpoint):
    networks = load_networks(checkpoint, SIZES)
    stacks = make_stacks(3)
    codes = encoder.encode_images(stacks)
    with torch.inference_mode():
        nac = networks.nEncoder(torch.from_numpy(stacks)).numpy()
        aac = networks.aEncoder(torch.from_numpy(stacks)).numpy()
        drawn = networks.lEncoder(torch.from_numpy(sketch()).float()[None, None])[0].numpy()
        image = networks.iDecoder(torch.from_numpy(nac[:1]))[0].numpy()
    np.testing.assert_allclose(codes.normal, nac, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(codes.abnormal, aac, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(encoder.encode_template(stacks[1]), nac[1], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(encoder.encode_sketch(sketch()), drawn, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(encoder.imagine(codes.normal[0]), image, rtol=1e-4, atol=1e-5)
    assert image.shape == (3, SIZE, SIZE)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_sketches_are_encoded_as_the_model_takes_labels(tmp_path, precision):
    sizes = replace(SIZES, label_encoding="one_hot")
    path = write_checkpoint(tmp_path / "one_hot.ckpt", sizes=sizes)
    encoder = CodeEncoder.from_checkpoint(path, sizes, precision=precision)
    plain = load_networks(path, sizes).lEncoder
    with torch.inference_mode():
        code = plain(torch.from_numpy(sketch()).float()[None, None])[0].numpy()
    tolerance = 1e-5 if precision == "float32" else 0.1
    np.testing.assert_allclose(
        encoder.encode_sketch(sketch()), code, rtol=tolerance, atol=tolerance
    )


def test_the_batch_size_does_not_change_a_code(encoder):
    stacks = make_stacks(7)
    together = encoder.encode_images(stacks)
    for index, stack in enumerate(stacks):
        alone = encoder.encode_images(stack[None])
        np.testing.assert_allclose(alone.entire[0], together.entire[index], rtol=1e-4, atol=1e-6)


def test_an_empty_sketch_is_a_healthy_slice(encoder):
    code = encoder.encode_sketch(np.zeros((SIZE, SIZE), np.uint8))
    assert code.shape == (SIZES.emb_dim, 2, 2)
    assert not np.array_equal(code, encoder.encode_sketch(sketch()))


def test_bfloat16_gives_float32_codes_that_are_nearly_the_same(checkpoint, encoder):
    fast = CodeEncoder.from_checkpoint(checkpoint, SIZES, precision="bfloat16")
    exact, rounded = (e.encode_images(make_stacks(4)).entire for e in (encoder, fast))
    assert rounded.dtype == np.float32
    drift = np.linalg.norm(rounded - exact) / np.linalg.norm(exact)
    assert 0 < drift < 0.05
    assert fast.fingerprint == encoder.fingerprint


@pytest.mark.parametrize("shape", [(9, 8), (16, 16), (8,), (1, 8, 8)])
def test_a_sketch_of_the_wrong_size_is_refused_with_both_sizes(encoder, shape):
    with pytest.raises(DataError) as caught:
        encoder.encode_sketch(np.zeros(shape, np.uint8))
    assert " × ".join(map(str, shape)) in str(caught.value)
    assert "8 × 8" in str(caught.value)


def test_unknown_classes_in_a_sketch_are_refused(encoder):
    labels = sketch()
    labels[0, :2] = 4, 9
    with pytest.raises(DataError, match=r"unknown class ids: 4, 9\."):
        encoder.encode_sketch(labels)


@pytest.mark.parametrize("shape", [(2, 8, 8), (3, 16, 16), (8, 8)])
def test_a_slice_of_the_wrong_size_is_refused(encoder, shape):
    with pytest.raises(DataError, match="the model takes 3 × 8 × 8"):
        encoder.encode_template(np.zeros(shape, np.float32))


def test_a_slice_with_nan_is_refused(encoder):
    stack = make_stacks(1)
    stack[0, 1, 2, 3] = np.nan
    with pytest.raises(DataError, match="NaN"):
        encoder.encode_images(stack)


def test_weights_that_compute_nan_are_refused(tmp_path):
    path = write_checkpoint(tmp_path / "broken.ckpt")
    content = torch.load(path, weights_only=True)
    content["state_dict"]["lEncoder.module_list.0.bias"].fill_(float("nan"))
    torch.save(content, path)
    with pytest.raises(CheckpointError, match="lEncoder computes NaN"):
        CodeEncoder.from_checkpoint(path, SIZES).encode_sketch(sketch())


def test_an_absent_checkpoint_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="is not there"):
        CodeEncoder.from_checkpoint(tmp_path / "x.ckpt", SIZES)


def test_a_checkpoint_of_another_size_is_refused_with_the_setting(checkpoint):
    wider = type(SIZES)(emb_dim=16, enc_filters=SIZES.enc_filters, dec_filters=SIZES.dec_filters)
    with pytest.raises(CheckpointError, match="emb_dim is 16, but the checkpoint has 8") as caught:
        CodeEncoder.from_checkpoint(checkpoint, wider, settings="config.yaml")
    assert "does not fit config.yaml" in str(caught.value)


def test_a_device_that_is_not_there_is_refused(checkpoint):
    with pytest.raises(ConfigError, match="'cuda:77' cannot be used"):
        CodeEncoder.from_checkpoint(checkpoint, SIZES, device="cuda:77")


def test_networks_of_two_models_are_never_mixed(encoder, checkpoint):
    encoder.encode_template(make_stacks(1)[0])
    write_checkpoint(checkpoint, seed=1)
    encoder.encode_template(make_stacks(1)[0])  # was loaded before
    with pytest.raises(CheckpointError, match="has changed"):
        encoder.encode_sketch(sketch())


class SomeTrainersOwnState:
    pass


def test_what_else_a_checkpoint_holds_is_said_once(checkpoint, caplog):
    content = torch.load(checkpoint, weights_only=True)
    torch.save({**content, "callbacks": SomeTrainersOwnState()}, checkpoint)
    encoder = CodeEncoder.from_checkpoint(checkpoint, SIZES)
    encoder.encode_template(make_stacks(1)[0])
    encoder.encode_sketch(sketch())
    assert len(caplog.records) == 1
    assert "SomeTrainersOwnState" in caplog.text


def test_threads_may_share_an_encoder(encoder):
    stacks = make_stacks(8)
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(encoder.encode_template, stacks))
    expected = encoder.encode_images(stacks).normal
    np.testing.assert_allclose(np.stack(codes), expected, rtol=1e-4, atol=1e-6)


def test_only_sketches_are_rounded_where_only_they_are_to_be_fast(checkpoint, encoder, monkeypatch):
    monkeypatch.setattr("sbmir.encoding.multiplies_bfloat16", lambda: True)
    fast = CodeEncoder.from_checkpoint(checkpoint, SIZES, sketch_precision="bfloat16")
    stack = make_stacks(1)[0]
    assert (fast.precision, fast.sketch_precision) == ("float32", "bfloat16")
    np.testing.assert_array_equal(fast.encode_template(stack), encoder.encode_template(stack))
    exact, rounded = (e.encode_sketch(sketch()) for e in (encoder, fast))
    assert 0 < np.linalg.norm(rounded - exact) / np.linalg.norm(exact) < 0.05


def test_a_processor_without_bfloat16_encodes_sketches_in_float32(
    checkpoint, encoder, monkeypatch, caplog
):
    monkeypatch.setattr("sbmir.encoding.multiplies_bfloat16", lambda: False)
    same = CodeEncoder.from_checkpoint(checkpoint, SIZES, sketch_precision="bfloat16")
    assert same.sketch_precision == "float32"
    assert "the processor lacks bfloat16" in caplog.text
    np.testing.assert_array_equal(same.encode_sketch(sketch()), encoder.encode_sketch(sketch()))
