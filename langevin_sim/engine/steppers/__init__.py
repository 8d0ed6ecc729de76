"""One update rule a file, all of one signature (block.STEP), each registered for its records."""

import pkgutil
from importlib import import_module

for _module in pkgutil.iter_modules(__path__):  # a new file registers its stepper; nothing lists them
    import_module(f"{__name__}.{_module.name}")
