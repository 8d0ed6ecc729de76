"""One thread for torch: small networks gain nothing from two, and two processes with two each wait for each other."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for torch in processes that tests start

try:
    import torch
except ImportError:
    pass  # the tests here are skipped, with that reason
else:
    torch.set_num_threads(1)
