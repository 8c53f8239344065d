// Lists: choosing rows, choosing columns, walking through rows by keyboard.
(function () {
  "use strict";
  const $$ = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const boxes = (form) => $$(`[data-select="${form}"]`);

  // --- choosing rows ------------------------------------------------------------------------------------------
  function count(form) {
    const all = boxes(form);
    const chosen = all.filter((box) => box.checked);
    all.forEach((box) => box.closest("tr")?.classList.toggle("is-chosen", box.checked));
    $$(`[data-batch="${form}"]`).forEach((bar) => {
      bar.classList.toggle("is-open", chosen.length > 0);
      bar.querySelector(".batch-count").textContent = `已选 ${chosen.length} 项`;
    });
    $$(`[data-select-all="${form}"]`).forEach((box) => {
      box.checked = all.length > 0 && chosen.length === all.length;
      box.indeterminate = chosen.length > 0 && chosen.length < all.length;
    });
    countGroups();
  }
  const groupBoxes = (box) => $$(`[data-select="${box.dataset.selectGroup}"]`, box.closest("tbody"));
  function countGroups() {
    $$("[data-select-group]").forEach((box) => {
      const all = groupBoxes(box);
      const chosen = all.filter((one) => one.checked).length;
      box.checked = all.length > 0 && chosen === all.length;
      box.indeterminate = chosen > 0 && chosen < all.length;
    });
  }
  function choose(form, value) {
    boxes(form).forEach((box) => { box.checked = value; });
    count(form);
  }

  let last = null; // Shift chooses everything between two boxes
  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-select]");
    if (box) {
      const all = boxes(box.dataset.select);
      const [from, to] = [all.indexOf(last), all.indexOf(box)];
      if (event.shiftKey && from >= 0) {
        all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((b) => { b.checked = box.checked; });
      }
      last = box;
      count(box.dataset.select);
    }
    const none = event.target.closest("[data-select-none]");
    if (none) choose(none.dataset.selectNone, false);
  });
  document.addEventListener("change", (event) => {
    const all = event.target.dataset?.selectAll;
    if (all) choose(all, event.target.checked);
    const group = event.target.dataset?.selectGroup;
    if (group) {
      groupBoxes(event.target).forEach((box) => { box.checked = event.target.checked; });
      count(group);
    }
  });

  // --- choosing columns, remembered in this browser -----------------------------------------------------------
  const remembered = (id) => { try { return JSON.parse(localStorage.getItem(`columns:${id}`)); } catch { return null; } };
  function remember(id, hidden) {
    try { localStorage.setItem(`columns:${id}`, JSON.stringify(hidden)); } catch { /* private mode */ }
  }
  function showColumns(chooser) {
    const id = chooser.dataset.columns;
    $$("input[type=checkbox]", chooser).forEach((box) => {
      $$(`#${id} [data-col="${box.value}"]`).forEach((cell) => { cell.hidden = !box.checked; });
    });
  }
  function startColumns() {
    $$("[data-columns]").forEach((chooser) => {
      const hidden = remembered(chooser.dataset.columns);
      if (hidden) $$("input", chooser).forEach((box) => { box.checked = !hidden.includes(box.value); });
      showColumns(chooser);
      document.getElementById(chooser.dataset.columns)?.removeAttribute("data-off");
    });
  }
  document.addEventListener("change", (event) => {
    const chooser = event.target.closest("[data-columns]");
    if (!chooser) return;
    remember(chooser.dataset.columns, $$("input:not(:checked)", chooser).map((box) => box.value));
    showColumns(chooser);
  });

  // --- walking: ↑ ↓ from row to row, Enter opens the row, Space chooses it ------------------------------------
  const rows = (table) => $$("tbody tr", table).filter((row) => row.querySelector("[data-row-link]"));
  function startRows() {
    $$("table[data-table]").forEach((table) => rows(table).forEach((row, i) => { row.tabIndex = i === 0 ? 0 : -1; }));
    $$(".table-wrap").forEach((wrap) => { if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0; });
  }
  function step(row, by) {
    const all = rows(row.closest("table"));
    const next = all[all.indexOf(row) + by];
    if (!next) return;
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
  document.addEventListener("keydown", (event) => {
    const row = event.target;
    if (!(row instanceof HTMLTableRowElement)) return;
    const acts = {
      ArrowDown: () => step(row, 1),
      ArrowUp: () => step(row, -1),
      Enter: () => row.querySelector("[data-row-link]")?.click(),
      " ": () => row.querySelector("[data-select]")?.click(),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });

  function start() {
    startColumns();
    startRows();
    new Set($$("[data-select]").map((box) => box.dataset.select)).forEach(count);
  }
  start();
  addEventListener("pageshow", start); // boxes come back ticked from the browser's memory
  document.addEventListener("htmx:afterSettle", start);
})();
