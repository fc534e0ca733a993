"""The reader study without Qt: which question comes next, whose session it is, what is kept."""
