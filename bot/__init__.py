"""Tanya Netral: what political neutrality allows Indonesian civil servants."""

import os

# Our matrices are small: several threads of the linear algebra library only wait for each other, and on a busy machine for long.
# Measured with two cores and other work on them: learning took 22 s with one thread and 130 to 200 s with two.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# How python-telegram-bot gives the wait after a 429 from its next major version on; without this it warns at every one.
os.environ.setdefault("PTB_TIMEDELTA", "1")
