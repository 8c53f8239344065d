// The week board: a block may be dragged onto another day. Without it every block opens its form; the server decides.
(function () {
  "use strict";
  const board = document.querySelector('[data-board="move"]');
  const form = document.getElementById("drag-form");
  if (!board || !form) return;
  let dragged = null;

  const cellOf = (event) => event.target.closest?.("td[data-day]");
  const clear = () => board.querySelectorAll(".is-target").forEach((cell) => cell.classList.remove("is-target"));

  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-visit]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.visit);
    dragged.classList.add("is-dragged");
  });
  board.addEventListener("dragend", () => { dragged?.classList.remove("is-dragged"); dragged = null; clear(); });
  board.addEventListener("dragover", (event) => {
    const cell = cellOf(event);
    if (!dragged || !cell || cell.dataset.day === dragged.closest("td").dataset.day) return;
    event.preventDefault();
    clear();
    cell.classList.add("is-target");
  });
  board.addEventListener("drop", (event) => {
    const cell = cellOf(event);
    if (!dragged || !cell) return;
    event.preventDefault();
    form.action = dragged.dataset.move;
    form.elements.on.value = cell.dataset.day;
    form.elements.revision.value = dragged.dataset.revision;
    form.submit();
  });
})();
