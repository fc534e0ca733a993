"""What is drawn and looked at, without Qt."""
