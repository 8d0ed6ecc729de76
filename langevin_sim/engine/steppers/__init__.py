"""One update rule per file, all with one signature (block.STEP), each registered for its records."""

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):  # every file registers its stepper when it is imported; no list is needed
    import_module(f"{__name__}.{_module.name}")
