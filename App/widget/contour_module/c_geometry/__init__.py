"""The compiled loops of the contour geometry; call them through the modules one level up."""
