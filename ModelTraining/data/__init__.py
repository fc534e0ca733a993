"""Slices from disk to paired, augmented batches."""
