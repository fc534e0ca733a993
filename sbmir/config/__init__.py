"""Settings files: one strict reader, and the shapes of the files that the library reads."""
