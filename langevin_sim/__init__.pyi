from . import errors as errors
from . import potentials as potentials
from .dynamics import GD as GD
from .dynamics import GDL as GDL
from .dynamics import LM as LM
from .dynamics import MALA as MALA
from .dynamics import RWM as RWM
from .dynamics import SGD as SGD
from .dynamics import SGDL as SGDL
from .dynamics import Domain as Domain
from .dynamics import Dynamics as Dynamics
from .dynamics import Schedule as Schedule
from .engine.registry import block_stepper as block_stepper
from .engine.walkerwise import stepper as stepper
from .reference import boltzmann as boltzmann
from .reference import chain_kernel as chain_kernel
from .reference import chain_law as chain_law
from .runs.public import open_run as open_run
from .runs.public import run as run
from .runs.public import sweep as sweep
from .simulation.simulate import simulate as simulate

__version__: str
