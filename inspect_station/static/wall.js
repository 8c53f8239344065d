// The office display asks again by itself. While the station does not answer, the last good page stays, marked as old.
"use strict";
(() => {
  const seconds = Number(document.body.dataset.refreshSeconds);
  const ask = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store", redirect: "error" });
      if (answer.status === 404) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.body.replaceChildren(...fresh.body.childNodes);
      document.body.classList.remove("is-old");
    } catch {
      document.body.classList.add("is-old");
    }
  };
  setInterval(ask, seconds * 1000);
})();
