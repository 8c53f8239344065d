// What a scanned or typed device means on this page: tick it, open its record, ask about it, go to it (macros/scan.html).
(function () {
  "use strict";
  const { scanner } = window;
  if (!scanner) return;
  const { say } = scanner;
  const nameOf = (tick) => tick.closest("label").querySelector("span").firstChild.textContent.trim();

  function tick(found) {
    found.checked = true;
    found.dispatchEvent(new Event("input", { bubbles: true }));
    found.dispatchEvent(new Event("change", { bubbles: true }));
    for (let fold = found.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }

  // --- what the station knows ------------------------------------------------------------------------------------------
  async function ask(address) {
    let answer;
    try {
      answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
    } catch {
      say("没有信号，查不到这台设备。", "bad");
      return null;
    }
    if (answer.ok) return answer.json();
    say(answer.status === 404 ? "没有找到这台设备，它可能已不在台账里，或不属于您的单位。"
      : answer.status === 401 ? "登录已过期，请重新登录后再扫。" : "没有查成，请再扫一次。", "bad");
    return null;
  }
  const device = (id) => ask(`/api/v1/equipment/${id}`);
  const titled = (row) => `${row.name} ${row.line_number || row.own_number || ""}`.trim();

  // A line like those of the page, for a device that the page had not listed.
  function added(list, row, before = "") {
    const line = document.createElement(list.tagName === "UL" ? "li" : "div");
    const label = document.createElement("label");
    label.className = "check";
    const made = Object.assign(document.createElement("input"), { className: "form-check-input", type: "checkbox", name: "devices", value: row.id });
    const words = document.createElement("span");
    words.textContent = before + titled(row);
    label.append(made, words);
    line.append(label);
    list.prepend(line);
    return made;
  }

  // --- typed: the line that holds the number, whole or in part -----------------------------------------------------------
  function typedIn(ticks, text) {
    const wanted = text.toLowerCase();
    const lines = ticks.map((found) => [found, found.closest("label").textContent.toLowerCase()]);
    const whole = lines.filter(([, words]) => words.split(/\s+/).includes(wanted));
    const hits = whole.length ? whole : lines.filter(([, words]) => words.includes(wanted));
    const devices = [...new Set(hits.map(([found]) => found.value))];
    if (devices.length === 1) return Number(devices[0]);
    say(devices.length ? `有 ${devices.length} 台符合“${text}”，请把编号写全。` : `这里没有编号含“${text}”的设备。`, "bad");
    return null;
  }

  // --- pick: the devices of a visit --------------------------------------------------------------------------------------
  const listOf = (button) => document.getElementById(button.dataset.scanList);
  const ticksIn = (list) => [...list.querySelectorAll("input[name=devices]")];

  async function pick(button, id) {
    const list = listOf(button);
    let found = ticksIn(list).find((one) => Number(one.value) === id);
    if (!found) {
      const row = await device(id);
      if (!row) return;
      if (row.enterprise_id !== Number(button.dataset.enterprise)) {
        say(`这台是${row.enterprise_name}的“${titled(row)}”，不是这次出诊的企业，没有选上。`, "bad");
        return;
      }
      found = added(list, row);
    }
    const before = found.checked;
    tick(found);
    say(`${before ? "已经选过" : "已选"}：${nameOf(found)}。可以接着扫下一台。`, "ok");
  }

  // --- jump: the day's tasks ---------------------------------------------------------------------------------------------
  const tasks = () => [...document.querySelectorAll("form[data-offline] input[name=equipment]")];

  function jump(_button, id) {
    const all = tasks().filter((found) => Number(found.value) === id);
    const open = all.filter((found) => !found.disabled);
    if (!open.length) {
      say(all.length ? `${nameOf(all[0])}刚才已经记下了。` : "这台不在上面的现场单子里。", "bad", scanner.address(id));
      return;
    }
    open.forEach(tick);
    say(`已打开：${nameOf(open[0])}`, "ok");
    scanner.close();
    open[0].scrollIntoView({ block: "center" });
    open[0].focus();
  }

  // --- ask: what a question is about ---------------------------------------------------------------------------------------
  function about(button, row) {
    const list = listOf(button);
    const firm = button.form.elements.enterprise;
    if (firm?.value && Number(firm.value) !== row.enterprise_id) {
      say(`这台是${row.enterprise_name}的“${titled(row)}”，和所选的企业不同，没有加上。`, "bad");
      return;
    }
    if (firm) firm.value = row.enterprise_id;
    const known = ticksIn(list).find((one) => Number(one.value) === row.id);
    tick(known || added(list, row, "关于这台："));
    say(`已加上：${titled(row)}。可以接着扫下一台。`, "ok");
  }

  async function askTyped(button, text) {
    const firm = button.form.elements.enterprise?.value;
    const query = new URLSearchParams({ q: text, per_page: 2, ...(firm ? { enterprise_id: firm } : {}) });
    const found = await ask(`/api/v1/equipment?${query}`);
    if (!found) return;
    if (found.items.length === 1) about(button, found.items[0]);
    else say(found.items.length ? `不止一台符合“${text}”，请把编号写全。` : `没有找到编号含“${text}”的设备。`, "bad");
  }

  const MODES = {
    pick: { found: pick, typed: (button, text) => { const id = typedIn(ticksIn(listOf(button)), text); if (id) pick(button, id); } },
    jump: { found: jump, typed: (button, text) => { const id = typedIn(tasks(), text); if (id) jump(button, id); } },
    ask: { found: async (button, id) => { const row = await device(id); if (row) about(button, row); }, typed: askTyped },
    open: {
      found: (_button, id) => { say("已认出，正在打开…", "ok"); location.assign(scanner.address(id)); },
      typed: (button, text) => { button.form.elements.q.value = text; button.form.requestSubmit(); },
    },
  };
  document.addEventListener("scan:found", (event) => MODES[event.target.dataset.scan].found(event.target, event.detail.id));
  document.addEventListener("scan:typed", (event) => MODES[event.target.dataset.scan].typed(event.target, event.detail.text));
})();
