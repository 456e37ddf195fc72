"""Results of an experiment: the claim and what it rests on, its slides and its report."""
