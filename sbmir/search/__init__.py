"""Nearest reference slices by their anatomy codes: the metric, and the engines that search."""
