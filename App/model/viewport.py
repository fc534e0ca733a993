"""Where a slice picture lies in its widget: millimetres to pixels and back."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
"""x to the right from the picture's left edge, y down from its top edge, in mm."""


@dataclass(frozen=True)
class Viewport:
    """A slice picture placed in a widget, in true proportion.

    Pixels are those of the widget (device-independent), x to the right and y down.
    """

    px_per_mm: float
    left_px: float
    top_px: float

    @classmethod
    def fit(
        cls, extent_mm: tuple[float, float], size_px: tuple[float, float], margin_px: float = 0.0
    ) -> Viewport:
        """Place a picture of that height and width as large as it goes, in the middle.

        Parameters
        ----------
        extent_mm:
            Height and width of the picture.
        size_px:
            Height and width of the widget.
        margin_px:
            Kept free on every side.
        """
        height_mm, width_mm = extent_mm
        height_px, width_px = size_px
        # A widget that is smaller than its margins still needs a scale to convert with.
        free_height_px = max(height_px - 2 * margin_px, 1.0)
        free_width_px = max(width_px - 2 * margin_px, 1.0)
        scale = min(free_height_px / height_mm, free_width_px / width_mm)
        return cls(
            px_per_mm=scale,
            left_px=(width_px - width_mm * scale) / 2,
            top_px=(height_px - height_mm * scale) / 2,
        )

    def to_mm(self, x_px: float, y_px: float) -> Point:
        """The point of the picture under a pixel of the widget."""
        return (x_px - self.left_px) / self.px_per_mm, (y_px - self.top_px) / self.px_per_mm

    def to_px(self, point_mm: Point) -> tuple[float, float]:
        """The pixel (x, y) of the widget that shows a point of the picture."""
        return (
            self.left_px + point_mm[0] * self.px_per_mm,
            self.top_px + point_mm[1] * self.px_per_mm,
        )
