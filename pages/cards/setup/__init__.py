"""Setup of an experiment: base model, arms, every setting."""
