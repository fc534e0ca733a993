"""Where a slice picture lies in its widget: millimetres to pixels and back."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
"""x to the right from the picture's left edge, y down from its top edge, in mm."""


@dataclass(frozen=True)
class Frame:
    """A rectangle of a slice picture, in mm."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Viewport:
    """A slice picture placed in a widget, in true proportion.

    Pixels are those of the widget (device-independent), x to the right and y down.

    Attributes
    ----------
    left_px, top_px:
        Where the picture's upper left corner lies, perhaps outside the widget.
    """

    px_per_mm: float
    left_px: float
    top_px: float

    @classmethod
    def fit(cls, frame: Frame, size_px: tuple[float, float], margin_px: float = 0.0) -> Viewport:
        """Show a frame of the picture as large as it goes, in the middle.

        Parameters
        ----------
        size_px:
            Height and width of the widget.
        margin_px:
            Kept free around the frame.
        """
        height_px, width_px = size_px
        # A widget that is smaller than its margins still needs a scale to convert with.
        free_height_px = max(height_px - 2 * margin_px, 1.0)
        free_width_px = max(width_px - 2 * margin_px, 1.0)
        scale = min(free_height_px / frame.height, free_width_px / frame.width)
        return cls(
            px_per_mm=scale,
            left_px=width_px / 2 - (frame.left + frame.right) / 2 * scale,
            top_px=height_px / 2 - (frame.top + frame.bottom) / 2 * scale,
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
