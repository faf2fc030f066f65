"""What a lab runs: arms of experiments, each one setting of something that can be watched and measured."""

from collections.abc import Mapping

from tutor.engine.experiments.arms import Arm, Measured, Surface, Visit
from tutor.engine.experiments.bench import BenchArm
from tutor.engine.experiments.descent import DescentArm
from tutor.engine.experiments.differences import DifferenceArm
from tutor.engine.experiments.order import OrderArm
from tutor.engine.experiments.settings import ExperimentError
from tutor.engine.experiments.slopes import SlopeArm
from tutor.engine.experiments.thermometer import ThermometerArm
from tutor.engine.experiments.training_arm import TrainingArm

KINDS: Mapping[str, type[Arm]] = {
    kind.kind: kind
    for kind in (TrainingArm, DescentArm, DifferenceArm, ThermometerArm, SlopeArm, OrderArm, BenchArm)
}
"""Every kind of experiment by name; a new one is a subclass of Arm here."""

__all__ = ["KINDS", "Arm", "ExperimentError", "Measured", "Surface", "Visit"]
