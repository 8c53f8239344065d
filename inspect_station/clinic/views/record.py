"""The record of a visit, three screens on the phone: who and what; findings; minutes and the firm's signature."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service as casework
from inspect_station.clinic import service
from inspect_station.clinic.recording import HEAD, MOST_FINDINGS, WRITABLE, Given, Record
from inspect_station.clinic.schemas import RecordFindingSchema, RecordHeadSchema
from inspect_station.clinic.views import forms, pages
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.registry import listing
from inspect_station.registry import service as registry
from inspect_station.validation import explain
from inspect_station.web import accepts, now, settings, today, uses_camera

DEVICES_SHOWN = 300
_WORDS = {
    "symptom": "症状", "diagnosis": "诊断", "basis": "依据", "grade": "等级", "measure": "处方", "who": "由谁", "deadline": "期限",
    "equipment": "设备",
}  # fmt: skip


@pages.get("/visits/<int:visit_id>/record")
@uses_camera
@needs("edit")
def record(visit_id: int) -> str:
    row = _open_visit(visit_id)
    findings = service.findings.of_visit(current_actor(), visit_id, today())
    return _page(row, row, [_shown(finding) for finding in findings], [d["id"] for d in row["devices"]], None)


def _open_visit(visit_id: int) -> dict[str, Any]:
    row = service.visits.get(current_actor(), visit_id)
    if row["state"] != "open":
        raise Conflict(f"这次出诊现在是“{row['state_word']}”，记录不能再改。请回到出诊页查看。")
    return row


def _shown(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {name: finding[name] for name in WRITABLE} | {"id": finding["id"], "held": []}


@pages.post("/visits/<int:visit_id>/record")
@needs("edit")
@accepts(128)
@uses_camera
def save_record(visit_id: int) -> Any:
    row = _open_visit(visit_id)
    places = [n for n in range(MOST_FINDINGS) if any(k.startswith(f"finding-{n}-") for k in request.form)]
    given = [_given(place) for place in places]
    done = Record(
        _head(), given, forms.whole_numbers(request.form.getlist("devices")),
        request.form.get("signature", ""), finish=request.form.get("act") == "finish",
    )  # fmt: skip
    try:
        _collect_problems(done)
        revision = forms.first_number(request.form.get("revision"))
        severe = service.recording.save(
            current_actor(), visit_id, done, now=now(), files_dir=settings().files_dir, revision=revision
        )
    except (InvalidInput, Conflict, Stale) as error:
        return _refused(row, done, error), error.http_status
    if severe:
        flash("已保存。有严重隐患：按法律要求，现在就办下面两步。", "warning")
        return redirect(url_for("clinic.finding", finding_id=severe[0], _anchor="duty"))
    flash("出诊已完成，企业可以看到处方了。" if done.finish else "已保存，可以接着记。", "success")
    return redirect(url_for("clinic.visit" if done.finish else "clinic.record", visit_id=visit_id))


def _head() -> dict[str, Any]:
    schema = RecordHeadSchema()
    found = forms.typed(*HEAD)
    errors = schema.validate(found)
    return dict(schema.load({k: v for k, v in found.items() if k not in errors})) | {"_errors": errors}


def _given(place: int) -> Given:
    head = f"finding-{place}-"
    text = {name: request.form.get(head + name, "").strip() for name in WRITABLE}
    schema = RecordFindingSchema()
    found = {name: value for name, value in text.items() if value}
    errors = schema.validate(found)
    values = dict(schema.load({k: v for k, v in found.items() if k not in errors})) | {"_errors": errors}
    return Given(
        place, values, forms.first_number(request.form.get(head + "id")), remove=bool(request.form.get(head + "remove")),
        pictures=[*forms.pictures(head + "photos"), *forms.pictures(head + "marked")],
        held=forms.whole_numbers(request.form.getlist(head + "held")),
    )  # fmt: skip


def _collect_problems(done: Record) -> None:
    """What cannot even be read (a date that is none) stands beside what does not fit."""
    _, flat = explain(dict(done.head).get("_errors", {}))
    done.problems.update(flat)
    for given in done.findings:
        _, flat = explain(given.values["_errors"])
        for name, sentences in flat.items():
            named = [f"第 {given.place + 1} 项{_WORDS[name]}{sentence}" for sentence in sentences]
            done.problems[f"finding-{given.place}-{name}"] = named


def _refused(row: Mapping[str, Any], done: Record, error: StationError) -> str:
    """The form again with everything typed; its photos are held meanwhile."""
    shown = []
    for given in done.findings:
        head = f"finding-{given.place}-"
        held = list(given.held)
        if given.pictures and not isinstance(error, Conflict):
            held += service.recording.hold(
                current_actor(), row["id"], given.pictures, now=now(), files_dir=settings().files_dir
            )
        values = {name: request.form.get(head + name, "") for name in WRITABLE}
        shown.append(values | {"id": given.number, "held": held, "remove": given.remove})
    return _page(row, request.form, shown, done.devices, error)


def _page(
    row: Mapping[str, Any],
    given: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]],
    chosen: Sequence[int],
    error: StationError | None,
) -> str:
    actor = current_actor()
    devices = _devices(row["enterprise"], [*chosen, *(f["equipment"] for f in findings)])
    numbers = [finding["id"] for finding in findings if finding["id"]]
    photos = casework.photos.of(actor, service.recording.OWNER, numbers)
    held = casework.photos.of(actor, service.recording.HELD, [row["id"]])
    library = service.library.offered(actor)
    return render_template(
        "clinic/record.html", row=row, given=given, findings=findings, chosen=set(chosen), devices=devices,
        photos=photos, held={photo["id"]: photo for photo in held}, error=error, errors=error.fields if error else {},
        labels=_labels(len(findings)), words=service.words, accept=casework.photos.ACCEPT,
        library=library, library_json=[_offer(entry) for entry in library], most=MOST_FINDINGS,
        revision=request.form.get("revision") or row["revision"],
        before=[f for f in service.findings.of_enterprise(actor, row["enterprise"], today()) if f["visit"] != row["id"]],
        repeated=service.history.repeated(actor, row["enterprise"]),
        keep=[url_for("clinic.record", visit_id=row["id"]), url_for("casework.field")],
    )  # fmt: skip


def _devices(enterprise: int, chosen: Sequence[Any]) -> list[dict[str, Any]]:
    """The firm's devices to choose from; those chosen stand first, however many there are."""
    actor = current_actor()
    page = listing.page(actor, listing.Filters(enterprise=enterprise), sort="name", after=None, size=DEVICES_SHOWN)
    known = {row["id"] for row in page.rows}
    more = dict.fromkeys(
        number for number in forms.whole_numbers([str(n or "") for n in chosen]) if number not in known
    )
    return [registry.equipment.get(actor, number) for number in more] + page.rows


def _offer(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a chosen symptom fills in; a basis that nobody has read carries its mark along."""
    basis = entry["basis"] + (
        "" if not entry["basis"] or entry["verified"] == "text" or "待核实" in entry["basis"] else "（待核实）"
    )
    until = (today() + timedelta(days=entry["days"])).isoformat()
    named = {name: entry[name] for name in ("symptom", "diagnosis", "grade", "measure")}
    return named | {"basis": basis, "deadline": until}


def _labels(count: int) -> dict[str, str]:
    named = {f"finding-{n}-{name}": f"第 {n + 1} 项{word}" for n in range(count + 1) for name, word in _WORDS.items()}
    return forms.LABELS | named
