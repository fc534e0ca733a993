"""What the user has set stays set at the next start."""

from __future__ import annotations

from App.preferences import Preferences
from App.presenter.appearance import Appearance
from App.presenter.searching import SearchPresenter

PALETTE, OPACITY, LIVE = "structure_palette", "structure_opacity", "live_search"


def remember_settings(
    preferences: Preferences, appearance: Appearance, searching: SearchPresenter
) -> None:
    """Set what was set the last time, and keep in mind what is set from now on.

    Hidden structures, filters, mirroring and the weight begin anew: whoever forgot one of them
    would wonder about the next search.
    """
    remember_look(preferences, appearance)
    searching.set_live(preferences.flag(LIVE, default=searching.options.live))

    def keep_options() -> None:
        preferences.set_flag(LIVE, value=searching.options.live)

    searching.options_changed.connect(keep_options)


def remember_look(preferences: Preferences, appearance: Appearance) -> None:
    """Remember nothing but how sketches look."""
    appearance.set_palette(preferences.text(PALETTE, appearance.palette))
    appearance.set_opacity(preferences.number(OPACITY, default=appearance.opacity))

    def keep_look() -> None:
        preferences.set_text(PALETTE, appearance.palette)
        preferences.set_text(OPACITY, f"{appearance.opacity:.3f}")

    appearance.changed.connect(keep_look)
