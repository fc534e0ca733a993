"""Widgets: what is drawn on the screen and what pointer and keys do."""
