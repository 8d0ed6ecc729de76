"""Settings of the processes that tests run in and start, made before numba and PyTorch read them."""

import os
import signal

# Threads that wait sleep: on as many cores as there are tests at once, those that spin keep the others from working.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup or behind &: tests interrupt processes that they start
    signal.signal(signal.SIGINT, signal.default_int_handler)
