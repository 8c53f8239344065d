"""A sparse program, and HiGHS behind one function. The only file that knows the solver."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


def available() -> bool:
    """Whether HiGHS is installed; without it the plan is the careful rule, polished."""
    try:
        import highspy  # noqa: F401
    except ImportError:
        return False
    return True


@dataclass(slots=True)
class Matrix:
    """Columns between 0 and `upper`, and rows between two bounds (None: none)."""

    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def column(self, *, whole: bool, upper: float = 1.0) -> int:
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.upper) - 1

    def row(self, entries: Sequence[tuple[int, float]], low: float | None, high: float | None) -> int:
        self.low.append(-math.inf if low is None else low)
        self.high.append(math.inf if high is None else high)
        for column, value in entries:
            self.index.append(column)
            self.value.append(value)
        self.starts.append(len(self.index))
        return len(self.low) - 1


@dataclass(slots=True)
class Limits:
    """`seconds` is a guard; ordinarily nodes and iterations end a run, and those repeat exactly."""

    seconds: float
    nodes: int = 200
    iterations: int = 2_000_000
    gap: float = 0.002
    threads: int = 2


@dataclass(slots=True)
class Answer:
    """`values` None: nothing found. `bound`: no solution can cost less, infinite where there is proven to be none.
    `timed_out`: the clock ended it."""

    values: list[float] | None
    objective: float
    bound: float
    iterations: int
    timed_out: bool


class Solver:
    """One program loaded into HiGHS; costs and upper bounds may be changed between runs."""

    def __init__(self, matrix: Matrix, limits: Limits, *, whole: bool) -> None:
        import highspy
        import numpy as np

        self._np = np
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        self.size = len(matrix.upper)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.size, len(matrix.low)
        lp.col_cost_ = np.zeros(self.size)
        lp.col_lower_ = np.zeros(self.size)
        lp.col_upper_ = np.array(matrix.upper)
        lp.row_lower_, lp.row_upper_ = np.array(matrix.low), np.array(matrix.high)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(matrix.starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(matrix.index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(matrix.value)
        if whole:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[each] for each in matrix.whole]
        self._options(limits)
        self._highs.passModel(lp)

    def _options(self, limits: Limits) -> None:
        # `threads` is global to the process: a second number is refused at run time unless the pool is reset.
        self._highs.setOptionValue("output_flag", False)
        self._highs.resetGlobalScheduler(True)
        for name, value in (
            ("threads", limits.threads),
            ("time_limit", max(0.05, limits.seconds)),
            ("mip_max_nodes", limits.nodes),
            ("simplex_iteration_limit", limits.iterations),
            ("mip_rel_gap", limits.gap),
            ("random_seed", 0),
        ):
            self._highs.setOptionValue(name, value)

    def add_row(self, entries: Mapping[int, float], high: float) -> None:
        """One more row: the sum is at most `high`."""
        columns = [c for c, v in entries.items() if v]
        np = self._np
        self._highs.addRow(
            -math.inf,
            high,
            len(columns),
            np.array(columns, dtype=np.int32),
            np.array([entries[c] for c in columns], dtype=float),
        )

    def allow(self, row: int, high: float) -> None:
        """Changes what a row may add up to."""
        self._highs.changeRowBounds(row, -math.inf, high)

    def forget(self) -> None:
        """The next run starts afresh."""
        self._highs.clearSolver()

    def fix(self, columns: Sequence[int]) -> None:
        """Holds these columns at one."""
        for column in columns:
            self._highs.changeColBounds(column, 1.0, 1.0)

    def set_upper(self, upper: Sequence[float]) -> None:
        np = self._np
        index = np.arange(self.size, dtype=np.int32)
        self._highs.changeColsBounds(self.size, index, np.zeros(self.size), np.array(upper, dtype=float))

    def start_from(self, values: Mapping[int, float]) -> None:
        """A solution known already: its whole-number columns; the rest is worked out."""
        np = self._np
        index = np.array(list(values), dtype=np.int32)
        self._highs.setSolution(len(values), index, np.array(list(values.values()), dtype=float))

    def minimise(self, cost: Mapping[int, float], seconds: float | None = None) -> Answer:
        import highspy

        np = self._np
        costs = np.zeros(self.size)
        for column, value in cost.items():
            costs[column] = value
        self._highs.changeColsCost(self.size, np.arange(self.size, dtype=np.int32), costs)
        if seconds is not None:
            self._highs.setOptionValue("time_limit", self._highs.getRunTime() + max(0.05, seconds))
        self._highs.run()
        info: Any = self._highs.getInfo()
        status = self._highs.getModelStatus()
        found = info.primal_solution_status == 2
        optimal = status == highspy.HighsModelStatus.kOptimal
        integral = info.mip_node_count >= 0
        if status == highspy.HighsModelStatus.kInfeasible:
            return Answer(None, math.inf, math.inf, int(info.simplex_iteration_count), False)
        return Answer(
            list(self._highs.getSolution().col_value) if found else None,
            float(info.objective_function_value) if found else math.inf,
            float(info.mip_dual_bound)
            if integral
            else (float(info.objective_function_value) if optimal else -math.inf),
            int(info.simplex_iteration_count),
            status == highspy.HighsModelStatus.kTimeLimit,
        )
