"""Every term of the objective against its definition, written down slowly."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from ModelTraining.data.batch import PairedBatch, SliceBatch
from ModelTraining.forward import Wanted, forward_pair
from ModelTraining.losses.codes import consistency_loss, matching_loss
from ModelTraining.losses.objective import TrainingObjective
from ModelTraining.losses.reconstruction import PerceptualReconstruction, StructuralReconstruction
from ModelTraining.losses.segmentation import focal_loss, soft_dice_loss
from ModelTraining.losses.ssim import ssim_map
from ModelTraining.metrics import dice_per_class
from sbmir.hand import Hand
from sbmir.networks.model import build_networks
from sbmir.networks.perceptual import PerceptualFeatures


def number(scalar):
    return scalar.detach().item()


def images(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def slow_ssim(x, y):
    def smooth(plane):
        # scipy's kernel of radius 5 and σ 1.5, with zeros beyond the border.
        return ndimage.gaussian_filter(plane, 1.5, mode="constant", truncate=5 / 1.5)

    mean_x, mean_y = smooth(x), smooth(y)
    var_x, var_y = smooth(x * x) - mean_x**2, smooth(y * y) - mean_y**2
    covariance = smooth(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    )


def test_ssim_is_the_gaussian_window_formula_up_to_the_border():
    x, y = images(2, 3, 24, 30), images(2, 3, 24, 30, seed=1)
    expected = [
        [slow_ssim(a, b) for a, b in zip(xs, ys, strict=True)]
        for xs, ys in zip(x.double().numpy(), y.double().numpy(), strict=True)
    ]
    assert ssim_map(x, y).numpy() == pytest.approx(np.array(expected), abs=1e-4)
    assert ssim_map(x, x).numpy() == pytest.approx(1, abs=1e-4)


def test_soft_dice_counts_the_classes_that_it_should():
    logits = images(2, 4, 5, 5)
    labels = torch.randint(0, 4, (2, 5, 5), generator=torch.Generator().manual_seed(3))
    p = logits.softmax(dim=1)
    overlap = total = 0.0
    for c in (0, 2, 3):
        t = (labels == c).float()
        overlap += number((p[:, c] * t).sum())
        total += number((p[:, c] + t).sum())
    assert number(soft_dice_loss(logits, labels, 1)) == pytest.approx(1 - 2 * overlap / total)


def test_soft_dice_of_a_healthy_batch_is_zero():
    logits = images(2, 4, 5, 5).requires_grad_()
    assert number(soft_dice_loss(logits, torch.zeros(2, 5, 5, dtype=torch.long), 0)) == 0


def test_focal_loss_is_its_formula_even_for_hopeless_pixels():
    logits = 30 * images(1, 3, 4, 4)
    labels = torch.randint(0, 3, (1, 4, 4), generator=torch.Generator().manual_seed(5))
    expected = []
    for r in range(4):
        for c in range(4):
            values = logits[0, :, r, c].double()
            log_p = number((values - values.logsumexp(0))[labels[0, r, c]])
            clamped = min(max(math.exp(log_p), 1e-6), 1 - 1e-6)
            expected.append(-((1 - clamped) ** 2) * log_p)
    assert number(focal_loss(logits, labels, 2.0)) == pytest.approx(np.mean(expected), rel=1e-4)


def test_consistency_moves_both_encoders_but_each_by_itself():
    a, r = (
        torch.tensor([1.0, 5.0], requires_grad=True),
        torch.tensor([3.0, 4.0], requires_grad=True),
    )
    loss = consistency_loss(a, r)
    loss.backward()
    assert number(loss) == 3.0
    assert a.grad.tolist() == [-0.5, 0.5]
    assert r.grad.tolist() == [0.5, -0.5]


def test_dice_metric_is_the_mean_over_slices():
    labels = torch.tensor([[[0, 1], [1, 1]], [[0, 0], [0, 0]]])
    predicted = torch.tensor([[[0, 1], [1, 0]], [[0, 0], [0, 1]]])
    first, second = 2 * 2 / 5, 0.0
    dice = dice_per_class(predicted, labels, 3)
    assert dice.tolist() == pytest.approx([(2 / 3 + 6 / 7) / 2, (first + second) / 2, 0.0])


@pytest.fixture
def lesion():
    mask = torch.zeros(2, 24, 24, dtype=torch.bool)
    mask[0, 10:13, 11:14] = True
    return mask


def test_structural_emphasis(lesion):
    image, target = images(2, 3, 24, 24), images(2, 3, 24, 24, seed=1)
    loss = StructuralReconstruction()
    comparison = loss.compare(image, loss.target(target))
    squared, ssim = (image - target) ** 2, ssim_map(image, target)
    assert number(comparison.mean()) == pytest.approx(number(squared.mean() + 1 - ssim.mean()))
    inside = lesion[:, None].expand(-1, 3, -1, -1)
    count = int(inside.sum())
    expected = (squared[inside].sum() + (1 - ssim[inside].mean()) * count) / image.numel()
    assert number(comparison.emphasis(lesion)) == pytest.approx(number(expected), rel=1e-5)


def test_perceptual_emphasis_reaches_seven_pixels_beyond_the_lesion(lesion):
    network = PerceptualFeatures()
    image, target = images(2, 3, 24, 24).requires_grad_(), images(2, 3, 24, 24, seed=1)
    loss = PerceptualReconstruction(network)
    comparison = loss.compare(image, loss.target(target))
    squared = (image - target) ** 2
    features = (network(image) - network(target)) ** 2
    expected = number((squared.mean() + features.mean()).detach())
    assert number(comparison.mean()) == pytest.approx(expected, rel=1e-5)
    inside = lesion[:, None].expand(-1, 3, -1, -1)
    near = torch.zeros(2, 128, 12, 12, dtype=torch.bool)
    near[0, :, 3 // 2 : 19 // 2 + 1, 4 // 2 : 20 // 2 + 1] = True
    expected = squared[inside].mean() + features[near].mean()
    assert number(comparison.emphasis(lesion)) == pytest.approx(number(expected), rel=1e-5)
    comparison.mean().backward()
    assert image.grad is not None
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.fixture
def pair():
    labels = torch.zeros(3, 32, 32, dtype=torch.long)
    lesions = labels.clone()
    lesions[:, 8:20, 8:16], lesions[:, 10:14, 10:14] = 2, 1
    return PairedBatch(
        SliceBatch(images(3, 3, 32, 32), labels, torch.arange(3)),
        SliceBatch(images(3, 3, 32, 32, seed=1), lesions, torch.arange(3, 6)),
    )


def run_step(config, pair, **losses):
    torch.manual_seed(0)
    networks = build_networks(config.models)
    settings = replace(config.losses, **losses)
    outputs = forward_pair(networks, pair, Wanted.by(replace(config, losses=settings)))
    objective = TrainingObjective(StructuralReconstruction(), settings, config.loss_weight)
    terms = objective(outputs)
    terms.total.backward()
    return networks, outputs, {name: number(value) for name, value in terms.detached().items()}


def test_the_norm_margin_pushes_abnormal_codes_away_from_zero(config, pair):
    _, outputs, terms = run_step(config, pair, d_aac_margin_loss_type="norm")
    norm = number(outputs.abnormal.aac.mu.flatten().norm())
    assert terms["d_aac_margin"] == pytest.approx(norm)
    assert terms["d_aac_margin_loss"] == pytest.approx(0.1 * max(0, 10 - norm))


def test_without_a_margin_its_whole_term_is_zero(config, pair):
    _, _, terms = run_step(config, pair, d_aac_margin_loss_type="none")
    assert terms["d_aac_margin"] == terms["d_aac_margin_loss"] == 0


def test_without_minimising_the_norm_its_term_is_zero(config, pair):
    _, _, terms = run_step(config, pair, minimize_aac_norm=False)
    assert terms["h_aac_norm"] == terms["h_aac_norm_loss"] == 0


def test_emphasis_is_added_to_the_entire_reconstruction_alone(config, pair):
    _, _, plain = run_step(config, pair)
    _, _, emphatic = run_step(config, pair, use_emphasis=True)
    assert emphatic["e_rec_loss"] > plain["e_rec_loss"]
    assert emphatic["n_rec_loss"] == plain["n_rec_loss"]
    healthy = PairedBatch(pair.normal, pair.abnormal._replace(labels=pair.normal.labels))
    _, _, plain = run_step(config, healthy)
    _, _, emphatic = run_step(config, healthy, use_emphasis=True)
    assert emphatic == plain


def test_a_point_normal_encoder_has_no_divergence(config, pair):
    config = replace(config, models=replace(config.models, use_vae_nEnc=False))
    _, outputs, terms = run_step(config, pair)
    assert terms["h_nac_vae"] == terms["h_nac_vae_loss"] == 0
    assert torch.equal(outputs.normal.z, outputs.normal.nac.mu)


def test_a_variational_abnormal_encoder_samples_its_codes(config, pair):
    config = replace(config, models=replace(config.models, use_vae_aEnc=True))
    _, outputs, terms = run_step(config, pair)
    for name, half in (("h_aac_vae", outputs.normal), ("d_aac_vae", outputs.abnormal)):
        mu, logvar = half.aac.mu, half.aac.logvar
        expected = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1).mean()
        assert terms[name] == pytest.approx(number(expected), rel=1e-5)
        assert terms[f"{name}_loss"] == pytest.approx(0.1 * terms[name], rel=1e-5)
        assert not torch.equal(half.aac_z, mu)
    assert terms["h_aac_norm"] == pytest.approx(number(outputs.normal.aac.mu.flatten().norm()))


@pytest.mark.parametrize("detached", [frozenset(), frozenset({"nac"}), frozenset({"nac", "aac"})])
def test_detached_codes_get_no_gradient_from_the_entire_reconstruction(config, pair, detached):
    torch.manual_seed(0)
    networks = build_networks(config.models)
    forward_pair(networks, pair, Wanted(detached)).pictures.abnormal.sum().backward()
    for name, encoder in (("nac", networks.nEncoder), ("aac", networks.aEncoder)):
        moved = any(
            parameter.grad is not None and bool(parameter.grad.any())
            for parameter in encoder.parameters()
        )
        assert moved == (name not in detached)


def test_a_frozen_normal_encoder_gives_its_mean(config, pair):
    _, outputs, _ = run_step(config, pair)
    assert not torch.equal(outputs.normal.z, outputs.normal.nac.mu)
    run = replace(config.run, frozen=frozenset({"nEncoder"}))
    _, outputs, _ = run_step(replace(config, run=run), pair)
    for half in (outputs.normal, outputs.abnormal):
        assert torch.equal(half.z, half.nac.mu)


def test_without_a_weight_nothing_is_segmented(config, pair):
    weights = replace(config.loss_weight, seg=0.0, label_seg=4.0)
    networks, outputs, terms = run_step(replace(config, loss_weight=weights), pair)
    assert outputs.normal.logits is None
    assert outputs.abnormal.logits is None
    assert terms["seg_loss"] == 0 < terms["label_seg_loss"]
    drawn = networks.lDecoder(networks.lEncoder(pair.abnormal.labels[:, None].float()))
    torch.testing.assert_close(outputs.drawings.logits, drawn)
    config = replace(config, loss_weight=replace(weights, label_seg=0.0))
    networks, _, _ = run_step(config, pair)
    assert all(parameter.grad is None for parameter in networks.lDecoder.parameters())


def test_the_code_of_a_label_map_can_be_made_to_describe_it(config, pair):
    _, _, published = run_step(config, pair)
    assert "label_seg_loss" not in published
    weights = replace(config.loss_weight, label_seg=4.0)
    networks, outputs, terms = run_step(replace(config, loss_weight=weights), pair)
    logits = networks.lDecoder(networks.lEncoder(pair.abnormal.labels[:, None].float()))
    torch.testing.assert_close(outputs.drawings.logits, logits)
    labels, losses = pair.abnormal.labels, config.losses
    expected = soft_dice_loss(logits, labels, losses.dice_loss.ignore_index) + focal_loss(
        logits, labels, losses.focal_loss.gamma
    )
    assert terms["label_seg_loss"] == pytest.approx(4 * number(expected.detach()), rel=1e-4)
    assert terms["total_loss"] == pytest.approx(
        published["total_loss"] + terms["label_seg_loss"], rel=1e-5
    )


def test_a_hand_drawn_label_map_can_be_pulled_towards_its_slice(config, pair):
    _, _, published = run_step(config, pair)
    drawn = pair.abnormal.labels.roll(2, dims=2)
    pair = PairedBatch(pair.normal, pair.abnormal._replace(hand_labels=drawn))
    weights = replace(config.loss_weight, hand_consistent=3.0, label_seg=4.0)
    dataset = replace(config.dataset, hand_drawing=Hand())
    config = replace(config, loss_weight=weights, dataset=dataset)
    networks, outputs, terms = run_step(config, pair)
    codes = outputs.drawings.codes
    torch.testing.assert_close(codes, networks.lEncoder(drawn[:, None].float()))
    from_labels = networks.lEncoder(pair.abnormal.labels[:, None].float())
    torch.testing.assert_close(outputs.abnormal.from_labels, from_labels)
    aac = networks.aEncoder(pair.abnormal.image)
    healthy = networks.aEncoder(pair.normal.image)
    empty = networks.lEncoder(pair.normal.labels[:, None].float())
    expected = 3 * 2 * number((aac - codes).abs().mean() + (healthy - empty).abs().mean())
    assert terms["hand_consistent_loss"] == pytest.approx(expected, rel=1e-4)
    assert terms["consistent_loss"] == pytest.approx(published["consistent_loss"], rel=1e-4)
    assert terms["total_loss"] == pytest.approx(
        published["total_loss"] + terms["label_seg_loss"] + terms["hand_consistent_loss"], rel=1e-5
    )


def test_lesions_can_be_learnt_without_the_normal_codes(config, pair):
    weights = replace(config.loss_weight, recon=0.0, h_nac_vae=0.0)
    config = replace(config, loss_weight=weights)
    networks, outputs, terms = run_step(config, pair, d_aac_margin_loss_type="none")
    assert outputs.pictures is None
    assert terms["n_rec_loss"] == terms["e_rec_loss"] == terms["h_nac_vae_loss"] == 0
    for network, taught in ((networks.aEncoder, True), (networks.nEncoder, False)):
        assert all((p.grad is not None) == taught for p in network.parameters())
    assert all(parameter.grad is None for parameter in networks.iDecoder.parameters())


def test_only_what_counts_is_encoded(config, pair):
    pair = PairedBatch(pair.normal, pair.abnormal._replace(hand_labels=pair.abnormal.labels))
    weights = replace(config.loss_weight, consistent=0.0, hand_consistent=1.0)
    dataset = replace(config.dataset, hand_drawing=Hand())
    _, outputs, terms = run_step(replace(config, loss_weight=weights, dataset=dataset), pair)
    assert outputs.normal.from_labels is outputs.abnormal.from_labels is None
    assert terms["consistent_loss"] == 0
    assert terms["hand_consistent_loss"] > 0


def match(sketched, slices, same_patient=None):
    if same_patient is None:
        same_patient = torch.eye(len(sketched), len(slices), dtype=torch.bool)
    return number(matching_loss(sketched, slices, same_patient))


def test_a_sketch_has_to_be_nearest_to_its_own_slice():
    slices = images(6, 8, 2, 2)
    sketched = slices[:4] + 0.1 * images(4, 8, 2, 2, seed=1)
    queries = (sketched - sketched.mean(dim=0)).flatten(1).double()
    keys = (slices - slices[:4].mean(dim=0)).flatten(1).double()
    distances = torch.cdist(queries, keys)
    spread = torch.cat([queries, keys]).var(dim=0).sum()
    kernel = (1 + 4 * distances**2 / spread) ** -4
    expected = -(kernel.diag() / kernel.sum(dim=1)).log().mean()
    assert match(sketched, slices) == pytest.approx(number(expected), rel=1e-4)
    assert match(sketched, slices) < match(sketched.flip(0), slices)
    elsewhere = match(7 * sketched + 3, 7 * slices - 5)
    assert elsewhere == pytest.approx(match(sketched, slices), rel=1e-4)


def test_another_slice_of_the_same_patient_is_no_wrong_answer():
    slices = images(4, 8, 2, 2)
    slices[3] = slices[0]
    sketched = slices[:2].clone()
    patients = torch.tensor([7, 8, 9, 7])
    same = patients[:2, None] == patients
    assert match(sketched, slices, same) == pytest.approx(match(sketched, slices[:3]), abs=0.1)
    assert match(sketched, slices, same) < match(sketched, slices)


def test_matching_teaches_sketches_and_slices_alike():
    sketched, slices = images(3, 8, 2, 2).requires_grad_(), images(3, 8, 2, 2, seed=1)
    matching_loss(sketched, slices.requires_grad_(), torch.eye(3, dtype=torch.bool)).backward()
    assert bool(sketched.grad.any())
    assert bool(slices.grad.any())


def test_the_match_is_a_term_of_the_step(config, pair):
    _, _, published = run_step(config, pair)
    assert "match_loss" not in published
    pair = PairedBatch(pair.normal, pair.abnormal._replace(hand_labels=pair.abnormal.labels))
    weights = replace(config.loss_weight, match=2.0)
    dataset = replace(config.dataset, hand_drawing=Hand())
    _, outputs, terms = run_step(replace(config, loss_weight=weights, dataset=dataset), pair)
    slices = torch.cat([outputs.abnormal.aac_z, outputs.normal.aac_z])
    expected = match(outputs.drawings.codes, slices)
    assert terms["match_loss"] == pytest.approx(2 * expected, rel=1e-4)


def test_each_class_can_have_an_overlap_of_its_own():
    logits = images(2, 4, 6, 6)
    labels = torch.zeros(2, 6, 6, dtype=torch.long)
    labels[0, :5], labels[1, 2, 2] = 2, 1  # much oedema, one pixel of necrosis, nothing enhances
    p = logits.softmax(dim=1)
    expected = 0.0
    for c in (1, 2):
        t = labels == c
        expected += 0.5 * (1 - 2 * number(p[:, c][t].sum() / (p[:, c].sum() + t.sum())))
    assert number(soft_dice_loss(logits, labels, 0, per_class=True)) == pytest.approx(expected)
    healthy = torch.zeros_like(labels)
    assert number(soft_dice_loss(logits, healthy, 0, per_class=True)) == 0


def test_halves_of_different_length_train(config, pair):
    short = PairedBatch(pair.normal, SliceBatch(*(tensor[:1] for tensor in pair.abnormal[:3])))
    _, _, terms = run_step(config, short)
    assert all(math.isfinite(value) for value in terms.values())
