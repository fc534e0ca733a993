"""Where a slice picture lies in its widget: millimetres to pixels and back, zoom and pan."""

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


LARGEST_ZOOM = 40.0
SMALLEST_ZOOM = 0.5
# From here to the size that fits, a zoom outwards fits: nobody can meet the exact size by a wheel.
NEARLY_FITTING = 1.02


@dataclass(frozen=True)
class Zoom:
    """How the user looks at a frame of a slice picture, whatever the size of the widget.

    Attributes
    ----------
    factor:
        Times larger than where the frame just fits.
    center_mm:
        The point in the middle of the widget; None for the frame's own middle.
    """

    factor: float = 1.0
    center_mm: Point | None = None

    @property
    def is_fitting(self) -> bool:
        """Whether the frame is shown as large as it goes, in the middle."""
        return self == Zoom()

    def placed(self, frame: Frame, size_px: tuple[float, float], margin_px: float) -> Viewport:
        """Where the picture lies in a widget of that height and width."""
        fitting = Viewport.fit(frame, size_px, margin_px)
        if self.is_fitting:
            return fitting
        x_mm, y_mm = self.center_mm or _middle(frame)
        scale = fitting.px_per_mm * self.factor
        height_px, width_px = size_px
        return Viewport(scale, width_px / 2 - x_mm * scale, height_px / 2 - y_mm * scale)

    def scaled(
        self, ratio: float, at_px: Point, viewport: Viewport, size_px: tuple[float, float]
    ) -> Zoom:
        """Zoom by a ratio, so that the point of the picture under ``at_px`` (x, y) stays there.

        Parameters
        ----------
        viewport:
            As this zoom has placed the picture.
        size_px:
            Height and width of the widget.
        """
        factor = min(max(self.factor * ratio, SMALLEST_ZOOM), LARGEST_ZOOM)
        if ratio < 1.0 and factor < NEARLY_FITTING < self.factor:
            return Zoom()
        scale = viewport.px_per_mm / self.factor * factor
        x_mm, y_mm = viewport.to_mm(*at_px)
        height_px, width_px = size_px
        center = (
            x_mm - (at_px[0] - width_px / 2) / scale,
            y_mm - (at_px[1] - height_px / 2) / scale,
        )
        return Zoom(factor, center)

    def shifted(self, by_px: Point, viewport: Viewport, size_px: tuple[float, float]) -> Zoom:
        """Move the picture by pixels (x, y) of the widget; see ``scaled``."""
        height_px, width_px = size_px
        return Zoom(self.factor, viewport.to_mm(width_px / 2 - by_px[0], height_px / 2 - by_px[1]))

    def within(self, frame: Frame) -> Zoom:
        """The same, with the middle kept in the frame, so that the picture is never lost."""
        if self.center_mm is None:
            return self
        x_mm, y_mm = self.center_mm
        return Zoom(
            self.factor,
            (
                min(max(x_mm, frame.left), frame.right),
                min(max(y_mm, frame.top), frame.bottom),
            ),
        )


def _middle(frame: Frame) -> Point:
    return (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
