"""Trained models as packages that run elsewhere: quantised, checked, self-contained."""
