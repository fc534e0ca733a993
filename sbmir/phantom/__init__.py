"""Synthetic glioma patients: anatomy, lesion, contrast of each sequence, and a dataset of them."""
