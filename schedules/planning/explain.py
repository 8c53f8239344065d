"""Why: for every item that is out the true reason, for every planned one what fixed its day."""

from typing import Any

from schedules.planning.certificates import Certificate, certificates
from schedules.planning.draft import OUT, Draft
from schedules.planning.problem import Problem

ALONE = {
    "WINDOW_EMPTY": "准备期满之后到最迟日之间没有工作日",
    "NO_DAY_IN_STATE": "期间有工作日，但企业的停车或运行状态都不合，或者企业关闭",
    "NO_QUALIFIED_CREW": "可行的日子里，在岗人员的有效资格凑不齐",
    "TOO_LONG": "有合格的人员，但一天的工时不够",
    "PINNED": "日期已固定，而固定的那一天不可行",
    "NOT_FOUND": "单独可以安排，但搜索没有找到位置；尚不能证明一定排不下",
}


def unplanned(draft: Draft) -> list[dict[str, Any]]:
    """The plan's list of items that are out, each with reason, sentence and its proof if there is one."""
    problem = draft.problem
    out = [n for n, day in enumerate(draft.day_of) if day == OUT]
    proofs = certificates(problem, out)
    return [_unplanned(problem, n, proofs) for n in out]


def _unplanned(problem: Problem, number: int, proofs: dict[int, Any]) -> dict[str, Any]:
    item = problem.items[number]
    if number in proofs:
        proof = proofs[number].json(problem)
        text = _shortage(proof, _holders(problem, proofs[number]))
        return {"item": item.id, "reason": "CAPACITY", "certificate": proof, "text": text}
    reason = item.reason or "NOT_FOUND"
    return {"item": item.id, "reason": reason, "text": ALONE[reason]}


def _holders(problem: Problem, proof: Certificate) -> int:
    """How many people hold one of the codes and are there on some day of the span."""
    days = range(proof.first, proof.last + 1)
    return len({p for day in days for code in proof.codes for p in problem.holders[day][code]})


def _shortage(proof: dict[str, Any], people: int) -> str:
    span = f"{proof['from']} 至 {proof['to']}，持 {'、'.join(proof['codes'])} 的 {people} 人"
    listed = f"只能在这段时间做的 {len(proof['items'])} 个项目"
    if proof["kind"] == "long":
        spare = proof["need"] - proof["have"]
        long = f"最多排得下 {proof['have']} 个超过半天的项目"
        return f"{span}{long}，{listed}都超过半天，至少 {spare} 个要排在外面"
    need, have = proof["need"] / 60, proof["have"] / 60
    return f"{span}共有 {have:.1f} 小时，{listed}要 {need:.1f} 小时，不能全部排下"


def why(draft: Draft) -> dict[str, str]:
    """For each planned item, what fixed its day."""
    return {item.id: _why(draft, n) for n, item in enumerate(draft.problem.items) if draft.day_of[n] != OUT}


def _why(draft: Draft, number: int) -> str:
    problem = draft.problem
    item, day = problem.items[number], draft.day_of[number]
    if item.pinned:
        return "日期已固定，不移动"
    if item.kept == day:
        return "与现行计划同一天，不移动"
    if len(item.days) == 1:
        return f"唯一可行的日子{_need(problem, number)}"
    return "；".join((_timing(draft, number), *_company(draft, number)))


def _need(problem: Problem, number: int) -> str:
    state = problem.items[number].state
    return {"shutdown": "（须在停车期间）", "running": "（须在运行期间）"}.get(state, "")


def _timing(draft: Draft, number: int) -> str:
    problem = draft.problem
    item, day = problem.items[number], draft.day_of[number]
    due = f"{problem.dates[day].fromordinal(item.due)}"
    late = problem.late(item, day)
    if late:
        return f"到期日 {due} 之前没有排进，迟 {late} 天，仍在最迟日之内"
    later = [d for d in item.days if d > day and problem.ordinals[d] <= item.due]
    if not later:
        return f"到期日 {due} 之前最后一个可行日{_need(problem, number)}"
    early = item.due - problem.ordinals[day]
    rest = [d for d in later if problem.week_of[d] == problem.week_of[day]]
    if any(draft.plans[d].copy().append(number) for d in rest):
        return f"比到期日 {due} 提前 {early} 天，连同本周的安排选定"
    full = "，本周更晚的可行日人员已排满" if rest else ""
    return f"比到期日 {due} 提前 {early} 天{full}"


def _company(draft: Draft, number: int) -> list[str]:
    """With whom the item shares the enterprise's visit of the week, and who of them could not wait."""
    problem = draft.problem
    item, day = problem.items[number], draft.day_of[number]
    week = problem.week_of[day]
    group = draft.members[item.enterprise, week]
    if len(group) == 1:
        return ["本周此企业只有这一项"]
    first = min(group, key=lambda n: (_last_good(draft, n), n))
    anchor = problem.items[first]
    until = problem.dates[_last_good(draft, first)]
    if first == number:
        return [f"本周同访 {len(group)} 项，以本项最急（到 {until} 为止），其余随它"]
    return [f"与同企业 {len(group) - 1} 项同周到访，其中 {anchor.id} 最急（到 {until} 为止），省去另跑一次"]


def _last_good(draft: Draft, number: int) -> int:
    """The last possible day that is not after the due date, else the last at all."""
    problem, item = draft.problem, draft.problem.items[number]
    good = [d for d in item.days if problem.ordinals[d] <= item.due]
    return good[-1] if good else item.days[-1]
