"""Training of the networks, and embedding of slices with them."""
