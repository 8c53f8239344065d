// Forms: unsaved work is not lost silently, a press counts once, chosen files are named, errors get the focus.
(function () {
  "use strict";
  const $$ = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // --- unsaved work -------------------------------------------------------------------------------------------
  const touched = new Set();
  const guarded = (event) => event.target.closest?.("form[data-guard]");
  document.addEventListener("input", (event) => { if (guarded(event)) touched.add(guarded(event)); });
  document.addEventListener("reset", (event) => touched.delete(event.target));
  addEventListener("beforeunload", (event) => {
    if ([...touched].some((form) => form.isConnected)) event.preventDefault();
  });

  // --- one press, one submission ------------------------------------------------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    touched.delete(form);
    if (form.method !== "post" || event.defaultPrevented) return;
    if ("sent" in form.dataset) { event.preventDefault(); return; }
    form.dataset.sent = "";
    // A download or a stopped request leaves the page in place: free again after a while.
    setTimeout(() => delete form.dataset.sent, 5000);
  });
  addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // --- chosen files -------------------------------------------------------------------------------------------
  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
  document.addEventListener("change", (event) => {
    const drop = event.target.closest("[data-upload]");
    if (!drop) return;
    const most = Number(event.target.dataset.mostMb) || Infinity;
    const tooLarge = [...event.target.files].some((file) => file.size > most * 2 ** 20);
    const lines = [...event.target.files].map((file) => {
      const line = document.createElement("li");
      line.textContent = `${file.name}（${size(file.size)}）`;
      if (file.size > most * 2 ** 20) {
        line.className = "field-error";
        line.textContent += `太大，不能超过 ${most} MB，没有选上；请压缩或换一个`;
      }
      return line;
    });
    // Sent all the same, it would be refused after minutes, with all that was typed.
    if (tooLarge) event.target.value = "";
    drop.querySelector(".drop-files").replaceChildren(...lines);
  });
  for (const [name, on] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => {
      event.target.closest?.("[data-upload]")?.classList.toggle("is-over", on);
    });
  }

  document.querySelector("[data-focus]")?.focus();
})();
