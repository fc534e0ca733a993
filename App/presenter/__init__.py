"""What the window does, in signals and plain data, without widgets."""
