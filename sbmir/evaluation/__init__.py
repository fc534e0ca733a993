"""Whether a sketch finds the right patient, and whether what it finds looks like it."""
