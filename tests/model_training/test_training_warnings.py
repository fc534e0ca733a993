"""What would make a training worthless is said early, and in words."""

import logging
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from ModelTraining.build import build_module
from ModelTraining.data.batch import SliceBatch
from ModelTraining.early_warnings import (
    CollapseWatch,
    DivergenceWatch,
    StandstillWatch,
    code_spread,
)
from ModelTraining.observing import StepTerms
from ModelTraining.resume import StartingPoint
from sbmir.errors import DataError


def steps(losses, first=0):
    return [
        StepTerms(0, first + number, {"total_loss": loss, "seg_loss": loss})
        for number, loss in enumerate(losses)
    ]


def test_a_loss_that_is_no_number_stops_the_training_and_names_the_step():
    watch = DivergenceWatch()
    watch.observe(steps([3.0, 2.0]))
    broken = steps([2.0, math.nan, math.nan], first=40)
    with pytest.raises(DataError) as caught:
        watch.observe(broken)
    message = str(caught.value)
    assert "iteration 41" in message
    assert "seg_loss" in message
    assert "total_loss" not in message
    assert "gradient_clip" in message


def test_a_falling_loss_is_no_news(caplog):
    watch = StandstillWatch(window=10, windows=2)
    watch.observe(steps([100 * 0.99**step for step in range(200)]))
    assert not caplog.records


def test_a_loss_that_stands_still_is_told_once_until_it_moves_again(caplog):
    watch = StandstillWatch(window=10, windows=2)
    watch.observe(steps([5 + 0.1 * (-1) ** step for step in range(100)]))
    assert len(caplog.records) == 1
    assert "stands still" in caplog.text
    assert "iteration 29" in caplog.text
    watch.observe(steps([4 * 0.98**step for step in range(50)], first=100))
    watch.observe(steps([1.0] * 60, first=150))
    assert len(caplog.records) == 2


def test_negative_losses_are_judged_by_their_size(caplog):
    watch = StandstillWatch(window=10, windows=2)
    watch.observe(steps([-1 - 0.02 * step for step in range(100)]))
    assert not caplog.records


def test_the_spread_of_codes_does_not_depend_on_their_size():
    codes = torch.randn(200, 30, generator=torch.Generator().manual_seed(0))
    assert code_spread(codes) == pytest.approx(1.0, abs=0.05)
    assert code_spread(1000 * codes) == pytest.approx(code_spread(codes), rel=1e-4)
    assert code_spread(codes + 100) == pytest.approx(0.01, abs=0.002)
    assert code_spread(codes[:1]) == 1.0


@pytest.fixture
def trainer():
    return SimpleNamespace(sanity_checking=False, is_global_zero=True, current_epoch=4)


def batch(lesions):
    labels = torch.zeros(len(lesions), 8, 8, dtype=torch.long)
    labels[torch.tensor(lesions), 2:4] = 1
    return SliceBatch(torch.zeros(len(lesions), 3, 8, 8), labels, torch.arange(len(lesions)))


def validate(watch, trainer, **codes):
    watch.on_validation_batch_end(trainer, None, codes, batch([False, False, True, True]), 0)
    watch.on_validation_epoch_end(trainer, None)


def test_collapsed_codes_are_told_once_and_by_their_meaning(trainer, caplog):
    watch = CollapseWatch()
    varied = torch.randn(4, 8, 2, 2, generator=torch.Generator().manual_seed(0))
    equal = torch.ones(4, 8, 2, 2) + 1e-4 * varied
    validate(watch, trainer, nac=varied, aac=varied, labels=varied)
    assert not caplog.records
    validate(watch, trainer, nac=varied, aac=equal, labels=varied)
    assert "epoch 4" in caplog.text
    assert "all lesions look alike" in caplog.text
    validate(watch, trainer, nac=varied, aac=equal, labels=varied)
    assert len(caplog.records) == 1
    validate(watch, trainer, nac=varied, aac=varied, labels=equal)
    assert "all sketches look alike" in caplog.records[-1].getMessage()


def test_healthy_slices_may_share_their_abnormal_code(trainer, caplog):
    """The objective wants it so: only slices with a lesion count."""
    codes = torch.randn(4, 8, 2, 2, generator=torch.Generator().manual_seed(0))
    codes[:2] = 0
    only_healthy = codes.clone()
    only_healthy[2:] = 1
    watch = CollapseWatch()
    validate(watch, trainer, aac=codes)
    assert not caplog.records
    validate(watch, trainer, aac=only_healthy)
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("encoding", "warned"), [("ids", True), ("one_hot", False)])
def test_structures_that_share_a_code_are_told_before_the_first_step(
    config, trainer, caplog, encoding, warned
):
    caplog.set_level(logging.WARNING)
    torch.manual_seed(0)
    config = replace(config, models=replace(config.models, label_encoding=encoding))
    module = build_module(config, StartingPoint(), None, channels_last=False)
    CollapseWatch().on_fit_start(trainer, module)
    assert ("label_encoding to 'one_hot'" in caplog.text) is warned
