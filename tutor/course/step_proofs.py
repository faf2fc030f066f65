"""Proves the mathematics of one step: that it can be computed, that it is right, and that mistakes show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tutor.course.arrangements import prove_lines, prove_sorting
from tutor.course.bug_proofs import prove_code, prove_solution
from tutor.course.faults import FaultCode, nearest
from tutor.course.mathematics import (
    CLOSED,
    DOUT,
    UPSTREAM,
    build,
    compute,
    gradient_name,
    gradient_target,
    is_right,
    known_names,
    namespace,
    read_formula,
    shown_values,
)
from tutor.course.mistake_proofs import prove_mistakes
from tutor.course.model import (
    MAX_STATEMENTS,
    Choice,
    FaultyCode,
    FaultySolution,
    FormulaEntry,
    GraphFill,
    LineOrder,
    NumberEntry,
    Option,
    Ordering,
    ShapeFill,
    SignFill,
    Sorting,
    Step,
    Worked,
)
from tutor.course.reader import LessonFiles
from tutor.course.skills import skill_names
from tutor.engine.expressions import Call, Name
from tutor.engine.formulas import Statement, read_expression, read_statements
from tutor.engine.gradient_check import STEP, numerical_gradient
from tutor.engine.graph import Graph, GraphError
from tutor.engine.misconceptions import CATALOGUE, MISCONCEPTIONS
from tutor.engine.nodes import NODES, Array, Keeps
from tutor.engine.reading_errors import ReadingError
from tutor.engine.written_numbers import array_text

_WITH_MISTAKES = (GraphFill, NumberEntry, FormulaEntry, ShapeFill, SignFill)
COMPARISONS = ("greater", "greater_equal", "less", "less_equal")
FEWEST_NODES = 3
"""Nodes that make an order worth asking for."""
_SLIP = 0.85
"""How alike a name and a skill of the course are when one is meant to be the other."""
KINK_REACH = 1e-3
"""Central differences are no proof where a node's input is this near to its kink."""

Path = tuple[str | int, ...]

_GRAPH_FAULTS = {
    "defined_twice": FaultCode.DEFINED_TWICE,
    "cycle": FaultCode.CYCLE,
    "shapes": FaultCode.SHAPES,
}


def reading_data(formula: str, error: ReadingError) -> dict[str, object]:
    """Return the details of an unreadable formula."""
    return {
        "formula": formula if len(formula) <= 60 else formula[:59] + "…",
        "column": error.column,
        "reason": error.code,
        "details": dict(error.data),
    }


@dataclass
class StepProof:
    """The proof of one step; `prove` notes every fault of its mathematics in `files`."""

    files: LessonFiles
    index: int
    step: Step

    def fault(self, path: Path, code: FaultCode, **data: object) -> None:
        """Note a fault at a key of this step."""
        self.files.fault(("steps", self.index, *path), code, **data)

    def prove(self) -> None:
        """Check the graph and everything that the step asks of it."""
        if not self.step.statements and (self.step.inputs or self.step.upstream is not None):
            key = "inputs" if self.step.inputs else "upstream"
            self.fault((key,), FaultCode.GRAPH_NEEDED, key=key)
        self._check_skill()
        if self.step.statements and self.graph is None:
            return
        if self.graph is not None and self._is_finite(self.graph):
            self._confirm_gradients(self.graph)
        match self.step:
            case Worked():
                self._check_edges("show", self.step.show)
            case GraphFill():
                self._check_fill(self.step)
            case NumberEntry():
                self._check_number(self.step)
            case FormulaEntry():
                self._check_formula_entry(self.step)
            case ShapeFill():
                self._check_edges("ask", self.step.ask)
            case SignFill():
                self._check_signs(self.step)
            case Choice():
                self._check_choice(self.step)
            case Ordering():
                if len(self.statements or ()) < FEWEST_NODES:
                    self.fault(("statements",), FaultCode.FEW_NODES, fewest=FEWEST_NODES)
            case Sorting():
                prove_sorting(self, self.step)
            case LineOrder():
                prove_lines(self, self.step)
            case FaultySolution():
                prove_solution(self, self.step)
            case FaultyCode():
                prove_code(self, self.step)
            case _:
                pass
        if isinstance(self.step, _WITH_MISTAKES) and self.step.mistakes:
            prove_mistakes(self, self.step.mistakes)

    # -- the graph -------------------------------------------------------------------------------------

    @cached_property
    def statements(self) -> Sequence[Statement] | None:
        """The statements, or None where one cannot be read."""
        known, found, readable = known_names(self.step), list[Statement](), True
        for position, written in enumerate(self.step.statements):
            try:
                found += read_statements(written, known, dialect=CLOSED)
            except ReadingError as error:
                readable = False
                data = reading_data(written, error)
                self.fault(("statements", position), FaultCode.UNREADABLE_FORMULA, **data)
        return found if readable else None

    @cached_property
    def graph(self) -> Graph | None:
        """The graph, run forward and backward; None where there is none or it cannot be built."""
        if not self.step.statements or not self._names_are_good() or self.statements is None:
            return None
        if len(self.statements) > MAX_STATEMENTS:
            self.fault(("statements",), FaultCode.TOO_MANY, key="statements", limit=MAX_STATEMENTS)
            return None
        try:
            return build(self.step, self.statements)
        except GraphError as error:
            if error.code == "upstream_shape":
                self.fault(("upstream",), FaultCode.UPSTREAM_SHAPE, name=error.subject, detail=error.detail)
            else:
                # The reader has refused unknown names, so what is left is in the table.
                code = _GRAPH_FAULTS[error.code]
                self.fault(self._statement(error.subject), code, name=error.subject, detail=error.detail)
            return None

    def _statement(self, target: str) -> Path:
        for position, written in enumerate(self.step.statements):
            if written.partition("=")[0].strip() == target:
                return ("statements", position)
        # A node without a name is called after its kind.
        return ("statements",)

    def _names_are_good(self) -> bool:
        good = True
        for name in self.step.inputs:
            try:
                fine = read_expression(name) == Name(name)
            except ReadingError:
                fine = False
            if not fine:
                good = False
                self.fault(("inputs", name), FaultCode.BAD_NAME, name=name)
        known = known_names(self.step)
        gradients = {gradient_name(name): name for name in known}
        for name in dict.fromkeys(known):
            if name == UPSTREAM or name in gradients:
                good = False
                path: Path = ("inputs", name) if name in self.step.inputs else self._statement(name)
                self.fault(path, FaultCode.NAME_CLASH, name=name)
        return good

    def _is_finite(self, graph: Graph) -> bool:
        finite = True
        for name in graph.names:
            path: Path = ("inputs", name) if name in self.step.inputs else self._statement(name)
            for quantity, value in (
                (name, graph.value(name)),
                (gradient_name(name), graph.gradient(name)),
            ):
                if not np.isfinite(value).all():
                    finite = False
                    self.fault(path, FaultCode.NOT_FINITE, name=quantity)
        return finite

    def _confirm_gradients(self, graph: Graph) -> None:
        kinked = _above_kinks(graph)
        scale = max(1.0, float(np.sum(np.abs(graph.value(graph.output) * graph.upstream))))
        for name, index in graph.names.items():
            if index == graph.output or index in kinked:
                continue
            cut = self._cut_at(name, graph)
            # The finer step is for what bends sharply, such as 1 / (1 - b2^t) near b2 = 1.
            if not any(
                np.allclose(
                    graph.gradient(name), numerical_gradient(cut, name, h), rtol=1e-5, atol=1e-8 * scale
                )
                for h in (STEP, STEP / 10)
            ):
                path: Path = ("inputs", name) if name in self.step.inputs else self._statement(name)
                self.fault(path, FaultCode.GRADIENT_UNCONFIRMED, name=gradient_name(name))

    def _cut_at(self, name: str, graph: Graph) -> Graph:
        """Return a graph of its own in which a named node is an input, so that it can be moved."""
        kept = [statement for statement in self.statements or () if statement.target != name]
        inputs = {
            known: graph.value(known).copy()
            for known in graph.names
            if known in self.step.inputs or known == name
        }
        cut = Graph.from_statements(kept, inputs)
        cut.forward()
        cut.seed(graph.upstream)
        return cut

    # -- what is asked ---------------------------------------------------------------------------------

    @cached_property
    def names(self) -> Mapping[str, Array]:
        """What the formulas of this step may use."""
        return namespace(self.graph)

    def check_quantities(self, key: str, asked: Sequence[str]) -> bool:
        """Note every name that is no quantity to be found; return whether there is none."""
        good = True
        for position, quantity in enumerate(asked):
            if quantity not in self.names or quantity == UPSTREAM:
                good = False
                choices = ", ".join(name for name in self.names if name != UPSTREAM)
                self.fault((key, position), FaultCode.UNKNOWN_QUANTITY, name=quantity[:40], choices=choices)
            elif quantity in self.step.inputs:
                good = False
                self.fault((key, position), FaultCode.GIVEN_QUANTITY, name=quantity)
            elif quantity in asked[:position]:
                good = False
                self.fault((key, position), FaultCode.REPEATED_QUANTITY, name=quantity)
        return good

    def _check_edges(self, key: str, asked: Sequence[str]) -> bool:
        """Note every name that is no quantity to be found, or that has no edge in the drawing."""
        if not self.check_quantities(key, asked) or self.graph is None:
            return False
        if self.step.picture != "graph":
            return True
        drawn = True
        for position, quantity in enumerate(asked):
            node = self.graph.nodes[self.graph.index(gradient_target(self.graph, quantity) or quantity)]
            if not (node.is_leaf or self.graph.users[node.index] or node.index == self.graph.output):
                drawn = False
                output = self.graph.label(self.graph.output)
                self.fault((key, position), FaultCode.NOT_DRAWN, name=quantity, output=output)
        return drawn

    def _check_number(self, step: NumberEntry) -> None:
        """Note an answer that stands in the picture as the value of a node."""
        value = self.check_formula(("quantity",), step.quantity)
        if value is None or self.graph is None:
            return
        for node in self.graph.nodes:
            shown = self.graph.value(node.index)
            if not node.is_leaf and array_text(shown) == array_text(value):
                name = self.graph.label(node.index)
                self.fault(("quantity",), FaultCode.SHOWN_ANSWER, name=name, value=array_text(value))
                return

    def _check_fill(self, step: GraphFill) -> None:
        self._check_edges("ask", step.ask)
        for position, quantity in enumerate(step.known):
            if quantity in step.ask:
                self.fault(("known", position), FaultCode.REPEATED_QUANTITY, name=quantity)
        self.check_quantities("known", step.known)
        values_asked = [quantity for quantity in step.ask if self.graph and quantity in self.graph.names]
        if values_asked and shown_values(step):
            self.fault(("given",), FaultCode.GIVEN_QUANTITY, name=values_asked[0])

    def check_formula(self, path: Path, formula: str) -> Array | None:
        """Return the value of a formula; a fault, and None, where it cannot be computed."""
        try:
            return compute(formula, self.names)
        except ReadingError as error:
            self.fault(path, FaultCode.UNREADABLE_FORMULA, **reading_data(formula, error))
            return None

    def _check_formula_entry(self, step: FormulaEntry) -> None:
        if self.check_formula(("quantity",), step.quantity) is None:
            return
        for position, name in enumerate(step.names):
            if name not in self.names and name != DOUT:
                choices = ", ".join((*self.names, DOUT))
                self.fault(("names", position), FaultCode.UNKNOWN_NAME, name=name[:40], choices=choices)
            elif name == step.quantity:
                self.fault(("names", position), FaultCode.GIVEN_QUANTITY, name=name)

    def _check_signs(self, step: SignFill) -> None:
        if not self._check_edges("ask", step.ask):
            return
        for position, asked in enumerate(step.ask):
            if self.names[asked].ndim:
                self.fault(("ask", position), FaultCode.NOT_A_SCALAR, name=asked)

    # -- choices ---------------------------------------------------------------------------------------

    def _check_choice(self, step: Choice) -> None:
        self.check_options("options", step.options, several=step.several)
        if step.form == "teach_back":
            for position, option in enumerate(step.options):
                if option.claim is not None or option.keeps is not None:
                    self.fault(("options", position), FaultCode.TEACH_BACK, name=option.id)

    def check_options(self, key: str, options: Sequence[Option], *, several: bool) -> None:
        """Note every option that cannot be judged, and a wrong number of right ones."""
        self.check_ids(key, [option.id for option in options])
        right, decided = [], True
        for position, option in enumerate(options):
            if not self._check_option((key, position), option):
                decided = False
            elif is_right(option, self.names):
                right.append(option.id)
        if decided and not right:
            self.fault((key,), FaultCode.NO_RIGHT_OPTION)
        elif decided and len(right) > 1 and not several:
            self.fault((key,), FaultCode.SEVERAL_RIGHT_OPTIONS, names=", ".join(right))

    def _check_skill(self) -> None:
        """Note a skill that is all but one of the course; a name of its own is no fault."""
        skill = getattr(self.step, "skill", None)
        if skill is not None and skill not in skill_names():
            near = nearest(skill, skill_names(), _SLIP)
            if near:
                self.fault(("skill",), FaultCode.UNKNOWN_SKILL, name=skill, **near)

    def check_ids(self, key: str, ids: Sequence[str]) -> None:
        """Note every id of an array that is used twice."""
        for position, name in enumerate(ids):
            if name in ids[:position]:
                path: Path = (key, position) if key == "bins" else (key, position, "id")
                self.fault(path, FaultCode.DUPLICATE_OPTION, name=name)

    def check_misconception(self, path: Path, mistake: str | None, *, executed: bool = False) -> bool:
        """Note a misconception that the catalogue does not have; `executed` needs one with a rule."""
        known = MISCONCEPTIONS if executed else CATALOGUE
        if mistake is None or mistake in known:
            return True
        if mistake in CATALOGUE:
            self.fault(path, FaultCode.MISTAKE_WITHOUT_RULE, name=mistake)
        else:
            self.fault(path, FaultCode.UNKNOWN_MISCONCEPTION, name=mistake, **nearest(mistake, known))
        return False

    def _check_option(self, path: Path, option: Option) -> bool:
        reasons = [reason for reason in (option.claim, option.mistake, option.keeps) if reason is not None]
        if len(reasons) > 1:
            self.fault(path, FaultCode.TWO_REASONS, name=option.id)
            return False
        if option.claim is not None:
            return self._check_claim((*path, "claim"), option.claim)
        if not self.check_misconception((*path, "mistake"), option.mistake):
            return False
        if option.keeps is not None and option.keeps not in NODES:
            self.fault((*path, "keeps"), FaultCode.UNKNOWN_NODE_KIND, name=option.keeps)
            return False
        kept = [keeps.value for keeps in Keeps]
        if option.keeps is not None and option.id not in kept:
            self.fault((*path, "id"), FaultCode.KEPT_OPTION, name=option.id, choices=", ".join(kept))
            return False
        return True

    def _check_claim(self, path: Path, claim: str) -> bool:
        value = self.check_formula(path, claim)
        if value is None:
            return False
        expression = read_formula(claim, self.names)
        if isinstance(expression, Call) and expression.kind in COMPARISONS and value.size == 1:
            return True
        self.fault(path, FaultCode.NOT_A_COMPARISON, formula=claim)
        return False


def _above_kinks(graph: Graph) -> set[int]:
    """Return the nodes from which a node that sits at its kink is reached; their slope has no one value."""
    above: set[int] = set()
    for node in reversed(graph.nodes):
        if node.index in above:
            above.update(node.arguments)
        elif not node.is_leaf and NODES[node.kind].kink:
            inputs = graph.inputs_of(node)
            distance = inputs[0] if len(inputs) == 1 else inputs[0] - inputs[1]
            if np.any(np.abs(distance) < KINK_REACH):
                above.update(node.arguments)
    return above
