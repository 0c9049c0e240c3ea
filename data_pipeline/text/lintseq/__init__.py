"""Programs as sequences of edits, after LintSeq (arXiv:2410.02749)."""
