"""Contours in millimetres: brush strokes, union, difference, masks and measures.

All geometry is done on one fine integer grid (see `grid`), where predicates are exact, so that no
sequence of strokes can make an invalid polygon. The loops are compiled (``c_geometry``).
"""
