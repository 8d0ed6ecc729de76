"""The settings of network experiments: what is trained, and what is measured at the minima."""

import hashlib
import json
import secrets
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from langevin_sim.dynamics import KINDS, parse_schedule
from langevin_sim.errors import UnknownNameError
from langevin_sim.settings.run import split
from langevin_sim.settings.spec import Spec

DATASETS = ("digits", "mnist", "fashion-mnist", "cifar10")
MODELS = ("mlp", "conv", "conv-24-24-10", "vgg16-bn", "linear")
DYNAMICS = tuple(sorted(name for name, kind in KINDS.items() if kind.moves_weights))
Seed = Annotated[int | None, Field(ge=0, lt=2**63)]
BatchNorm = Literal["fixed", "perturbed", "recomputed"]


class Seeded(Spec):
    """Settings with a seed, drawn if none is given."""

    seed: Annotated[Seed, Field(description="Seed of every random stream; drawn at random if not given.")] = None

    def resolved(self) -> Self:
        """These settings with a seed."""
        return self if self.seed is not None else self.model_copy(update={"seed": secrets.randbits(32)})


class DataSpec(Spec):
    """The data that the training loss is a mean over. Equal specs give equal images and labels."""

    data: Annotated[str, Field(description=f"Data set: {', '.join(DATASETS)}.")] = "digits"
    data_dir: Annotated[
        str | None, Field(description="Folder with the data set's standard files; if not given, they are downloaded once.")
    ] = None
    train_size: Annotated[
        int | None, Field(ge=1, description="Number of training images, a class-balanced subset; all if not given.")
    ] = None
    test_size: Annotated[int | None, Field(ge=1, description="Number of validation images, likewise.")] = None
    labels: Annotated[
        Literal["natural", "random"], Field(description="Labels: natural, or random (every training label is redrawn once).")
    ] = "natural"
    label_noise: Annotated[
        float, Field(ge=0, le=1, description="Probability that a training label is replaced, once, by a uniform one.")
    ] = 0.0
    scaling: Annotated[
        Literal["standard", "unit"],
        Field(description="Pixels: standard (mean 0 and deviation 1 in each channel), or unit (in [0, 1])."),
    ] = "standard"
    data_seed: Annotated[int, Field(ge=0, lt=2**63, description="Seed of the subset and of the replaced labels.")] = 0

    @field_validator("data")
    @classmethod
    def _data_known(cls, name: str) -> str:
        if name not in DATASETS:
            raise UnknownNameError("data set", name, list(DATASETS))
        return name

    @property
    def replaced(self) -> float:
        """Probability that a training label is replaced."""
        return 1.0 if self.labels == "random" else self.label_noise


class TrainSpec(DataSpec, Seeded):
    """A network's training loss as the potential, its weight vector as the walker."""

    model: Annotated[
        str, Field(description=f"Model: {', '.join(MODELS)}, or your own MODULE:FUNCTION, called with (image shape, classes).")
    ] = "mlp"
    loss: Annotated[
        Literal["cross-entropy", "squared"],
        Field(description="Loss: cross-entropy, or squared (half the squared distance to the one-hot label)."),
    ] = "cross-entropy"
    dynamics: Annotated[str, Field(description=f"Dynamics of the weights: {', '.join(DYNAMICS)}.")] = "sgd"
    step_size: Annotated[float, Field(gt=0, description="Step size eta (the learning rate).")] = 0.05
    temperature: Annotated[
        float,
        Field(ge=0, description="Temperature T of gdl and sgdl, in units of the loss: noise gamma' = sqrt(2 eta T) per step."),
    ] = 1e-7
    schedule: Annotated[
        str, Field(description="Schedule of the step size: constant, power:p=P,t0=T or gelfand-mitter:a=A,t0=T.")
    ] = "constant"
    noise_schedule: Annotated[
        str,
        Field(description="Schedule of the noise gamma': temperature (keeps T), constant, power:.. or gelfand-mitter:b=B,t0=T."),
    ] = "temperature"
    batch_size: Annotated[int, Field(ge=1, description="Number of images in a minibatch of sgd and sgdl.")] = 64
    sampling: Annotated[
        Literal["epochs", "independent"],
        Field(description="Minibatches: epochs (every image once per epoch, reshuffled), or independent draws as in the toys."),
    ] = "epochs"
    momentum: Annotated[float, Field(ge=0, lt=1, description="Heavy-ball momentum; the memo has none.")] = 0.0
    weight_decay: Annotated[float, Field(ge=0, description="L2 penalty: adds weight_decay * w to the gradient.")] = 0.0
    epochs: Annotated[int, Field(ge=1, le=10**7, description="Maximum number of passes over the training images.")] = 100
    stop_loss: Annotated[
        float | None, Field(gt=0, description="Stop a replica once its evaluated training loss is below this.")
    ] = None
    evaluate_every: Annotated[
        int, Field(ge=1, description="Epochs between two evaluations of training and validation loss and accuracy.")
    ] = 1
    replicas: Annotated[
        int, Field(ge=1, le=10_000, description="Number of independent trainings, each with its own initial weights and batches.")
    ] = 1
    precision: Annotated[
        Literal["float32", "float64"], Field(description="Precision of weights and images: float32 or float64.")
    ] = "float32"
    chunk: Annotated[
        int,
        Field(
            ge=1, description="Number of images in one pass through the network, in evaluations and in pieces of a larger batch."
        ),
    ] = 500

    @field_validator("dynamics")
    @classmethod
    def _dynamics_known(cls, name: str) -> str:
        if name not in DYNAMICS:
            raise UnknownNameError("dynamics of networks", name, list(DYNAMICS))
        return name

    @field_validator("model")
    @classmethod
    def _model_known(cls, name: str) -> str:
        if name not in MODELS and ":" not in name:
            raise UnknownNameError("model", name, list(MODELS))
        return name

    @field_validator("schedule", "noise_schedule")
    @classmethod
    def _readable(cls, text: str, info: ValidationInfo) -> str:
        return text if text == "temperature" and info.field_name == "noise_schedule" else str(parse_schedule(text))

    def own_files(self) -> list[str]:
        """The settings that name a file of the user's: the model."""
        return [self.model] if ":" in self.model else []

    def identity(self, digest: str) -> str:
        """A hash of everything that determines the minima: the settings, with the digest of the data instead of its location."""
        values = self.model_dump(mode="json", exclude={"data_dir"}) | {"digest": digest}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    @property
    def title(self) -> str:
        """'mnist, mlp, natural labels'."""
        noisy = self.labels == "natural" and self.label_noise > 0
        labels = f"{self.label_noise:g} label noise" if noisy else f"{self.labels} labels"
        return f"{self.data}, {self.model}, {labels}"


class NoiseSpec(Seeded):
    """The law of the minibatch gradient's components at fixed weights (the memo's Fig. 1)."""

    batch_sizes: Annotated[
        list[Annotated[int, Field(ge=1)]], BeforeValidator(split), Field(description="Minibatch sizes to show side by side.")
    ] = Field(default=[16, 64, 256])
    batches: Annotated[
        int, Field(ge=8, description="Minimum number of minibatches of each size, rounded up to whole epochs.")
    ] = 1000
    components: Annotated[int, Field(ge=1, le=64, description="Number of components of the gradient to show.")] = 6
    replica: Annotated[int, Field(ge=0, description="Which of the run's minima to use, counted from 0.")] = 0


class PlaneSpec(Spec):
    """Loss and accuracy over the affine plane through three minima (Figs. 7 and 8)."""

    divisions: Annotated[int, Field(ge=1, le=200, description="Number of steps along a side of the simplex.")] = 12
    margin: Annotated[float, Field(ge=0, le=10, description="Margin around the simplex: barycentric coordinates >= -margin.")] = (
        0.5
    )
    batch_norm: Annotated[
        BatchNorm,
        Field(
            description="Statistics of batch norm: recomputed at each point, perturbed (combined like the weights), "
            "or fixed (those of the nearest minimum)."
        ),
    ] = "recomputed"
    replicas: Annotated[
        list[Annotated[int, Field(ge=0)]],
        BeforeValidator(split),
        Field(description="Minima of a run, taken three at a time: one plane for each triple."),
    ] = Field(default=[0, 1, 2])
    images: Annotated[
        int | None, Field(ge=1, description="Number of training images to evaluate, from the first; all if not given.")
    ] = None

    @field_validator("replicas")
    @classmethod
    def _triples(cls, replicas: list[int]) -> list[int]:
        if not replicas or len(replicas) % 3 or len(set(replicas)) != len(replicas):
            raise ValueError(f"replicas {replicas}: give three different numbers for each plane, for example 0,1,2")
        return replicas

    @property
    def triples(self) -> list[tuple[int, int, int]]:
        """The minima of each plane; no two triples share one."""
        return [(a, b, c) for a, b, c in zip(self.replicas[::3], self.replicas[1::3], self.replicas[2::3], strict=True)]


class FlatnessSpec(Seeded):
    """The flatness radius of eq. 11, r = sup{r : |I(w) - I(w + r dw)| <= epsilon}, and all choices that the memo leaves open."""

    epsilon: Annotated[float, Field(gt=0, description="Threshold epsilon, in units of I.")] = 0.05
    directions: Annotated[int, Field(ge=1, le=100_000, description="Number of random directions at each minimum.")] = 20
    quantity: Annotated[
        list[Literal["loss", "error"]], BeforeValidator(split), Field(description="Quantity I: loss, error, or both.")
    ] = Field(default=["loss"])
    direction: Annotated[
        list[Literal["raw", "filter"]],
        BeforeValidator(split),
        Field(description="Direction: raw (of norm 1), filter (each filter as long as that of w), or both."),
    ] = Field(default=["raw", "filter"])
    layers: Annotated[
        list[Literal["all", "top"]], BeforeValidator(split), Field(description="Parameters to move: all, top, or both.")
    ] = Field(default=["all", "top"])
    batch_norm: Annotated[
        list[BatchNorm],
        BeforeValidator(split),
        Field(description="Statistics of batch norm: fixed, perturbed (the direction covers them too), recomputed, or several."),
    ] = Field(default=["fixed"])
    reach: Annotated[float, Field(ge=1, le=1e6, description="Search for the sup up to this multiple of the first crossing.")] = (
        4.0
    )
    tolerance: Annotated[float, Field(gt=0, lt=0.1, description="Relative error of a radius.")] = 1e-3
    images: Annotated[
        int | None, Field(ge=1, description="Number of training images to evaluate, from the first; all if not given.")
    ] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        for name in ("quantity", "direction", "layers", "batch_norm"):
            if not getattr(self, name):
                raise ValueError(f"{name}: expected at least one choice")
        return self
