// The record of a visit: what the library offers fills in, the record goes through the queue of 今日现场 when there is no signal.
(function () {
  "use strict";
  const form = document.getElementById("record-form");
  if (!form) return;

  // --- the library: a chosen symptom fills what is still empty --------------------------------------------------------
  const library = new Map(JSON.parse(document.getElementById("library").textContent).map((entry) => [entry.symptom, entry]));
  form.addEventListener("input", (event) => {
    const { symptom } = event.target.dataset || {};
    if (symptom === undefined) return;
    const fields = event.target.closest("[data-finding]");
    fields.querySelector("[data-finding-title]").textContent = event.target.value.slice(0, 24);
    const entry = library.get(event.target.value.trim());
    if (!entry) return;
    for (const name of ["diagnosis", "basis", "measure", "deadline"]) {
      const box = form.elements[`finding-${symptom}-${name}`];
      if (!box.value) box.value = entry[name];
    }
    const grades = [...form.querySelectorAll(`input[name="finding-${symptom}-grade"]`)];
    if (!grades.some((radio) => radio.checked)) grades.find((radio) => radio.value === entry.grade).checked = true;
  });

  // --- finding a device in a long list ---------------------------------------------------------------------------------
  document.querySelectorAll("[data-filter]").forEach((box) => box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    document.querySelectorAll(`#${box.dataset.filter} > li`).forEach((line) => {
      line.hidden = Boolean(wanted) && !line.textContent.toLowerCase().includes(wanted);
    });
  }));

  const chosen = document.querySelector("[data-chosen]");
  form.addEventListener("change", (event) => {
    if (event.target.name === "devices") chosen.textContent = form.querySelectorAll("input[name=devices]:checked").length;
  });

  // --- without signal --------------------------------------------------------------------------------------------------
  const queue = window.fieldQueue;
  const text = (data, name) => (data.get(name) || "").trim();

  async function entryOf(finish) {
    const data = new FormData(form);
    const places = new Set([...data.keys()].map((key) => /^finding-(\d+)-/.exec(key)?.[1]).filter(Boolean));
    const findings = [];
    for (const place of places) {
      const of = (name) => text(data, `finding-${place}-${name}`);
      const files = [...data.getAll(`finding-${place}-photos`), ...data.getAll(`finding-${place}-marked`)].filter((file) => file.size);
      const photos = await Promise.all(files.map(queue.smaller));
      const one = { id: Number(of("id")) || null, remove: Boolean(of("remove")), deadline: of("deadline") || null, equipment: Number(of("equipment")) || null, photos };
      for (const name of ["symptom", "diagnosis", "basis", "grade", "measure", "who"]) one[name] = of(name);
      if (one.id || one.symptom || one.diagnosis || one.measure || one.grade || photos.length) findings.push(one);
    }
    const body = {
      devices: data.getAll("devices").map(Number),
      findings,
      signature: text(data, "signature"),
      finish,
      minutes: Number(text(data, "minutes")) || null,
      revision: Number(text(data, "revision")) || null,
    };
    for (const name of ["kind", "place", "station_people", "unit_people", "summary", "signed_by", "unsigned_reason"]) body[name] = text(data, name);
    return {
      key: crypto.randomUUID(),
      at: Date.now(),
      account: Number(form.dataset.account),
      url: form.dataset.record,
      done: form.dataset.done,
      label: form.dataset.label,
      names: [finish ? "完成出诊" : "保存记录"],
      said: [`${findings.length} 项诊断`, `照片 ${findings.reduce((sum, one) => sum + one.photos.length, 0)} 张`, body.signature && "已签字"],
      body,
      problem: "",
    };
  }

  function problem(sentence) {
    const place = form.querySelector("[data-problem]");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  // With signal the page's own way is the surest; without, the record is kept here and sent once, later.
  async function reachable() {
    try {
      return (await fetch("/field/session", { redirect: "manual", cache: "no-store" })).ok;
    } catch { return false; }
  }

  let passing = false;
  form.addEventListener("submit", (event) => {
    if (passing) return;
    event.preventDefault();
    event.stopPropagation();
    const { submitter } = event;
    const finish = submitter?.value === "finish";
    reachable().then(async (there) => {
      // One record of this visit waits at a time: the form holds everything that an earlier one held.
      const entry = there ? null : await entryOf(finish); // a photo that cannot be kept is said before anything goes
      const waiting = (await queue.all()).filter((one) => one.url === form.dataset.record);
      await Promise.all(waiting.map((one) => queue.drop(one.key)));
      if (there) {
        passing = true;
        form.requestSubmit(submitter);
        setTimeout(() => { passing = false; }, 0);
        return;
      }
      await queue.put(entry);
      problem("");
      await queue.show();
      queue.say("没有信号，记录已存在手机里，有信号时自动发送。");
    }).catch((error) => problem(`没有记下：${error.message}`));
  }, true);

  addEventListener("queue:sent", (event) => {
    if (event.detail.url !== form.dataset.record) return;
    // What was sent must not be asked about when leaving; the page is fetched anew with what the station now holds.
    form.dispatchEvent(new Event("reset", { bubbles: true }));
    location.assign(event.detail.body.finish ? event.detail.done : location.pathname);
  });
})();
