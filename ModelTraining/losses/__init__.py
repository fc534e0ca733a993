"""The terms of the training objective, one family a file."""
