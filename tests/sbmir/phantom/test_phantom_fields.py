import numpy as np
import pytest

from sbmir.phantom.fields import blur, control_shape, smooth_noise, smoothstep, upsample

SHAPE = (21, 30, 17)


def test_a_linear_deformation_is_upsampled_exactly():
    spacing = 6.0
    points = (np.indices(control_shape(SHAPE, spacing)) - 1) * spacing
    control = (0.5 * points[0] - 2 * points[1] + points[2] + 3).astype(np.float32)
    x, y, z = np.indices(SHAPE)
    np.testing.assert_allclose(
        upsample(control, SHAPE, spacing), 0.5 * x - 2 * y + z + 3, atol=1e-4
    )


@pytest.mark.parametrize("spacing", [2.0, 2.5, 7.0])
def test_smooth_noise_has_the_promised_spread_and_is_smooth(spacing: float):
    field = smooth_noise(np.random.default_rng(1), (60, 60, 60), spacing)
    assert field.dtype == np.float32
    assert abs(field.mean()) < 0.2
    assert 0.8 < field.std() < 1.2
    assert np.abs(np.diff(field, axis=0)).max() < 6 / spacing


def test_the_same_generator_state_gives_the_same_field():
    fields = [smooth_noise(np.random.default_rng(5), SHAPE, 4) for _ in range(2)]
    np.testing.assert_array_equal(*fields)


def test_blur_keeps_what_is_there_and_leaves_its_input_alone():
    values = np.zeros(SHAPE, np.float32)
    values[10, 15, 8] = 1
    result = blur(values, (0.25, 0.25, 0.0))
    assert result.sum() == pytest.approx(1)
    assert result[10, 15, 8] == pytest.approx(0.25)
    assert result[10, 15, 9] == 0
    assert values.sum() == values.max() == 1
    np.testing.assert_allclose(blur(np.ones(SHAPE, np.float32), (0.2, 0.2, 0.2)), 1, atol=1e-6)


def test_smoothstep_rises_or_falls_between_its_ends():
    values = np.array([-1, 0, 1, 2, 3], np.float32)
    np.testing.assert_allclose(smoothstep(values, 0, 2), [0, 0, 0.5, 1, 1])
    np.testing.assert_allclose(smoothstep(values, 2, 0), [1, 1, 0.5, 0, 0])
