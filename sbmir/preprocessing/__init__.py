"""From datasets of NIfTI volumes to folders of slices."""

from sbmir.preprocessing.batch import PatientFailure, PreprocessingReport, run

__all__ = ["PatientFailure", "PreprocessingReport", "run"]
