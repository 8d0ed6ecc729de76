"""Settings of the processes that tests run in and start, made before numba and PyTorch read them."""

import atexit
import os
import shutil
import signal
import tempfile

# Threads that wait sleep: on as many cores as there are tests at once, those that spin keep the others from working.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup or behind &: tests interrupt processes that they start
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="langevin-sim-tests-")  # the user's list of known code stays as it is
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)
