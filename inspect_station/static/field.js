// 今日现场: results and photos are written into IndexedDB first and sent from there, each once, whenever there is signal.
(function () {
  "use strict";
  const waiting = document.getElementById("waiting");
  const signal = document.getElementById("signal");
  const LONGEST = 2048;
  const open = () => idb.openDB("field", 1, {
    upgrade(db) { db.createObjectStore("results", { keyPath: "key" }); },
  });
  const database = open();
  const all = async () => (await (await database).getAll("results")).sort((a, b) => a.at - b.at);
  const put = async (entry) => (await database).put("results", entry);
  const drop = async (key) => (await database).delete("results", key);

  // --- keeping: the pages of the day --------------------------------------------------------------------------------
  async function keep() {
    if (!navigator.serviceWorker) {
      signal.textContent = "这个网址不支持离线使用（需要 https），请保持信号。";
      return;
    }
    navigator.serviceWorker.addEventListener("message", (event) => {
      if (event.data?.kept) document.documentElement.dataset.kept = event.data.kept;
    });
    await navigator.serviceWorker.register("/service-worker.js");
    const registration = await navigator.serviceWorker.ready;
    const assets = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src], img[src]")]
      .map((element) => element.href || element.src);
    const sprites = [...document.querySelectorAll("use")].map((use) => new URL(use.getAttribute("href"), location).href.split("#")[0]);
    const decoders = [...document.querySelectorAll("[data-decoder]")].map((element) => new URL(element.dataset.decoder, location).href);
    const pages = JSON.parse(document.getElementById("keep").textContent);
    registration.active.postMessage({ keep: [...new Set([...assets, ...sprites, ...decoders, ...pages])] });
  }

  // --- writing down -------------------------------------------------------------------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("offline" in form.dataset)) return;
    event.preventDefault();
    write(form).catch((error) => problem(form, `没有记下：${error.message}`));
  });

  function problem(form, sentence) {
    const place = form.querySelector("[data-problem]");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  async function write(form) {
    const data = new FormData(form);
    const chosen = data.getAll("equipment").map(Number);
    if (!chosen.length) return problem(form, "请至少选择一台（条）设备。");
    // Said now, not after the way back to where there is signal.
    if ("needsPeople" in form.dataset && !data.has("inspector")) return problem(form, "请选择检验人员（持有这一项有效资格的）。");
    problem(form, "");
    const text = (name) => (data.get(name) || "").trim();
    const photos = await Promise.all(data.getAll("photos").filter((file) => file.size).map(smaller));
    const entry = {
      key: crypto.randomUUID(),
      at: Date.now(),
      account: Number(form.dataset.account),
      label: form.dataset.offline,
      names: [...form.querySelectorAll("input[name=equipment]:checked")].map((box) => box.parentElement.querySelector("span").firstChild.textContent.trim()),
      body: {
        equipment_ids: chosen,
        inspector_ids: data.getAll("inspector").map(Number),
        grade: text("grade") ? Number(text("grade")) : null,
        filled_on: Number(text("filled_on")),
        photos,
      },
      problem: "",
    };
    for (const name of ["clock", "completed_on", "conclusion", "next_due", "report_number", "note"]) entry.body[name] = text(name);
    await put(entry);
    form.querySelectorAll("input[name=equipment]:checked").forEach((box) => { box.checked = false; box.disabled = true; });
    form.querySelector("input[type=file]").value = "";
    await show();
    await send();
  }

  // A phone's photo is made smaller before it is kept: the store and the signal are small. The server checks it all the same.
  async function smaller(file) {
    let blob = file;
    try {
      const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
      const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
    } catch { /* no picture this browser can open: the server will say so */ }
    if (blob.size > 20 * 1024 * 1024) throw new Error(`照片“${file.name}”太大，请重拍`);
    return { name: file.name, data: await base64(blob) };
  }
  const base64 = (blob) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

  // --- sending ------------------------------------------------------------------------------------------------------
  let sending = false;
  let again = false; // asked for while a sending was under way: what was written meanwhile goes next
  async function send() {
    again = true;
    if (sending) return;
    sending = true;
    try {
      while (again) {
        again = false;
        await sendAll();
      }
    } finally {
      sending = false;
      await show();
    }
  }

  async function sendAll() {
    const entries = (await all()).filter((entry) => !entry.problem);
    const me = entries.length ? await session() : null;
    if (!me) return;
    for (const entry of entries) {
      if (entry.account === me.account) await sendOne(entry, me.csrf);
    }
  }

  async function session() {
    try {
      const response = await fetch("/field/session", { redirect: "manual", cache: "no-store" });
      if (response.ok) return await response.json();
      if (response.type === "opaqueredirect" || response.status === 401) say("请重新登录，登录后自动发送等待的记录。");
    } catch { /* no signal */ }
    return null;
  }

  // The key makes a second sending of the same record harmless: a lost answer is asked for again.
  async function sendOne(entry, csrf) {
    let response;
    try {
      response = await fetch(entry.url || "/api/v1/results", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": entry.key, "X-CSRFToken": csrf },
        body: JSON.stringify(entry.body),
      });
    } catch { return; }
    if (response.ok) {
      await drop(entry.key);
      dispatchEvent(new CustomEvent("queue:sent", { detail: entry }));
      say(`已发送：${entry.names.join("、")}。`);
    } else if ([400, 404, 409, 412, 413, 422].includes(response.status)) {
      const answer = await response.json().catch(() => ({}));
      await put({ ...entry, status: response.status, problem: answer.message || "没有被接受，请核对。" });
      dispatchEvent(new CustomEvent("queue:refused", { detail: { ...entry, status: response.status, answer } }));
    }
  }

  // --- showing ------------------------------------------------------------------------------------------------------
  const say = (text) => { signal.textContent = text; };

  let turn = 0; // of several showings under way the newest one counts
  async function show() {
    const mine = ++turn;
    const entries = await all();
    if (mine !== turn) return;
    waiting.hidden = !entries.length;
    waiting.querySelector("ul").replaceChildren(...entries.map(line));
    if (entries.length) say(`${entries.length} 条记录等待发送${navigator.onLine ? "" : "，现在没有信号"}。`);
    else if (!navigator.onLine) say("现在没有信号，可以照常看和记。");
  }

  function line(entry) {
    const item = document.createElement("li");
    const { body } = entry;
    const said = entry.said || [body.completed_on, body.conclusion || "没有结论", body.grade && `${body.grade} 级`, body.next_due && `下次 ${body.next_due}`,
      body.report_number && `报告 ${body.report_number}`, body.note, body.photos.length && `照片 ${body.photos.length} 张`];
    item.append(paragraph(`${entry.label}：${entry.names.join("、")}`, "strong"), paragraph(said.filter(Boolean).join(" · "), "small"));
    if (entry.problem) {
      const told = paragraph(entry.problem, "span");
      told.className = "field-error";
      item.append(told, acts(entry));
    }
    return item;
  }
  function paragraph(text, tag) {
    const made = document.createElement("p");
    const inner = document.createElement(tag);
    inner.textContent = text;
    made.append(inner);
    return made;
  }

  function acts(entry) {
    const row = document.createElement("div");
    row.className = "row-actions";
    const reason = document.createElement("input");
    if (entry.status === 422 && !entry.url) {
      reason.className = "form-control";
      reason.placeholder = "超出期限的，在这里写理由";
      reason.setAttribute("aria-label", "超出期限的理由");
      reason.value = entry.body.reason || "";
      row.append(reason);
    }
    row.append(
      button(entry.status === 412 ? "核对过了，仍要登记" : "再发一次", "btn btn-primary", async () => {
        const body = entry.url ? { ...entry.body } : { ...entry.body, reason: reason.value.trim() };
        if (entry.status === 412) Object.assign(body, entry.url ? { revision: null } : { filled_on: null });
        // Another content needs another key.
        await drop(entry.key);
        await put({ ...entry, key: crypto.randomUUID(), body, problem: "", status: 0 });
        await show();
        await send();
      }),
      button("放弃这条", "btn btn-quiet", async (event) => {
        if (!event.target.dataset.sure) {
          event.target.dataset.sure = "1";
          event.target.textContent = "确定放弃？";
          return;
        }
        await drop(entry.key);
        await show();
      }),
    );
    return row;
  }
  function button(text, style, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = style;
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  // The clinic's record is kept and sent by the same queue; its entries name their own address and words.
  window.fieldQueue = { all, put, drop, show, send, smaller, say };

  addEventListener("online", send);
  addEventListener("offline", show);
  setInterval(send, 30000);
  keep().catch((error) => say(`离线功能没有启动：${error.message}`));
  show().then(send);
})();
