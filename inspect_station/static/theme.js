// Runs before the first paint, so that a dark page does not flash white; the rest of the scripts wait.
(function () {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const keep = (theme) => {
    try { theme ? localStorage.setItem("theme", theme) : localStorage.removeItem("theme"); } catch { /* private mode */ }
  };
  const bySystem = () => (system.matches ? "dark" : "light");
  const apply = () => { root.dataset.bsTheme = kept() || bySystem(); };

  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  // Paper is white: bars, marks and charts are drawn for it whatever the screen shows.
  addEventListener("beforeprint", () => { root.dataset.bsTheme = "light"; });
  addEventListener("afterprint", apply);

  // A choice equal to the system's is no choice: the page goes on following the system.
  window.toggleTheme = () => {
    const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
    keep(next === bySystem() ? null : next);
    apply();
  };
})();
