"""The capstone: the learner's own backward passes, run apart from the program and checked by the engine."""
