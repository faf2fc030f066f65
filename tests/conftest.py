"""Settings of every test run."""

import os

# As the program itself does before numpy is imported: two threads on small matrices wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
