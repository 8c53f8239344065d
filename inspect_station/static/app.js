// The shell: search key, menus, dialogs, the drawer, what htmx needs.
(function () {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

  // --- search -------------------------------------------------------------------------------------------------
  $$("[data-search-key]").forEach((key) => { key.textContent = isMac ? "⌘ K" : "Ctrl K"; });

  document.addEventListener("keydown", (event) => {
    const search = $("#search");
    if (!search || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // --- menus and marks: <details data-popover> closes by Esc, by a click elsewhere, by opening another ---------
  const closePopovers = (except) => $$("details[data-popover][open]").forEach((d) => {
    if (d !== except && !d.contains(except)) d.open = false;
  });

  // A panel inside a scrolling table would be cut off: it is laid over the page, kept inside the window.
  function place(details) {
    const panel = $(".menu-panel, .pop", details);
    if (!panel) return;
    const at = details.querySelector("summary").getBoundingClientRect();
    panel.classList.add("is-placed");
    const box = panel.getBoundingClientRect();
    const preferred = panel.classList.contains("menu-right") ? at.right - box.width : at.left;
    const left = Math.max(8, Math.min(preferred, innerWidth - box.width - 8));
    const below = at.bottom + 4;
    const top = below + box.height > innerHeight - 8 ? Math.max(8, at.top - box.height - 4) : below;
    panel.style.left = `${left}px`;
    panel.style.top = `${top}px`;
  }

  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (!(details instanceof HTMLDetailsElement) || !("popover" in details.dataset) || !details.open) return;
    closePopovers(details);
    place(details);
  }, true);
  document.addEventListener("click", (event) => closePopovers(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = $("details[data-popover][open]");
    if (!open) return;
    open.open = false;
    $("summary", open).focus();
    event.preventDefault(); // a mark inside the drawer closes first, the drawer at the next Esc
  });
  // Also inside tables and the drawer, whose scrolling does not bubble.
  const follow = () => $$("details[data-popover][open]").forEach(place);
  addEventListener("scroll", follow, { passive: true, capture: true });
  addEventListener("resize", follow);

  // --- dialogs ------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog && typeof dialog.showModal === "function" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      dialog.showModal();
      return;
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement) event.target.close(); // the backdrop
    if (event.target.closest("[data-theme-toggle]")) window.toggleTheme();
    if (event.target.closest("[data-print]")) window.print();
  });

  // --- the drawer ---------------------------------------------------------------------------------------------
  const drawer = $("#drawer");
  const drawerBody = $("#drawer-body");
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    // Logged out meanwhile, or a page without a drawer's content: go there as a page.
    if (target === drawerBody && xhr.status < 400 && !xhr.responseText.includes('id="drawer-content"')) {
      event.detail.shouldSwap = false;
      location.assign(requestConfig.path);
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === drawerBody && !drawer.open) drawer.showModal();
    if (event.detail.target === drawerBody) drawer.scrollTop = 0;
  });
  drawer?.addEventListener("close", () => drawerBody.replaceChildren());

  // Tabs wider than the screen: the one that is open is in sight.
  for (const here of document.querySelectorAll(".tabs [aria-current]")) {
    const strip = here.parentElement;
    strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
  }

  // --- toasts and htmx ----------------------------------------------------------------------------------------
  function toast(text, kind = "info") {
    const box = document.createElement("div");
    box.className = `toast-line toast-${kind}`;
    box.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "toast-close";
    close.setAttribute("aria-label", "关闭");
    close.textContent = "×";
    close.addEventListener("click", () => box.remove());
    box.append(close);
    $("#toasts")?.append(box);
    if (kind !== "danger") setTimeout(() => box.remove(), 8000);
  }
  // The server may answer with HX-Trigger: {"toast": {"text": "已保存", "kind": "success"}}.
  document.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.kind));
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    toast(status === 401 || status === 403 ? "登录已过期或没有权限，请刷新页面后再试。"
      : status === 404 ? "这一项已经不在了，请刷新页面。"
        : `没有做成（${status}），数据没有改动。请稍后再试。`, "danger");
  });
  document.addEventListener("htmx:sendError", () => toast("连不上服务器，请检查网络后再试。", "danger"));
  document.addEventListener("htmx:configRequest", (event) => {
    const token = $('meta[name="csrf-token"]');
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
})();
