"""The views of a lab: each turns what was observed into rows of marked text, and does nothing else."""
