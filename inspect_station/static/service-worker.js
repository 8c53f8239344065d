// Pages of the day without signal. The network comes first; what was kept answers only where it fails.
// Kept pages hold names: they go when somebody logs out. What waits to be sent lies in IndexedDB, not here.
"use strict";
const STATIC = "static-2";
const PAGES = "pages-1";
const READABLE = /^\/(field|due|cases\/\d+|equipment\/\d+|clinic\/visits\/\d+\/record)$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  const mine = [STATIC, PAGES];
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => !mine.includes(name)).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// The page of the day says what to keep.
self.addEventListener("message", (event) => {
  const { keep } = event.data || {};
  if (!keep) return;
  const done = Promise.allSettled(keep.map((url) => keepOne(new Request(url, { credentials: "same-origin" }))));
  event.waitUntil(done.then(() => event.source?.postMessage({ kept: keep.length })));
});

async function keepOne(request) {
  const response = await fetch(request);
  await store(request, response);
}

async function store(request, response) {
  const url = new URL(request.url);
  if (!response.ok || response.redirected) return;
  if (url.pathname.startsWith("/static/")) {
    const cache = await caches.open(STATIC);
    const older = (await cache.keys()).filter((kept) => new URL(kept.url).pathname === url.pathname && kept.url !== request.url);
    await Promise.all(older.map((kept) => cache.delete(kept)));
    await cache.put(request, response.clone());
  } else if (READABLE.test(url.pathname)) {
    await (await caches.open(PAGES)).put(url.pathname, response.clone());
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (url.pathname === "/logout" || url.pathname === "/login") {
    event.waitUntil(caches.delete(PAGES));
    return;
  }
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(asset(request));
  else if (request.mode === "navigate") event.respondWith(page(request, url));
});

async function asset(request) {
  // The address changes with the content: what is kept is what the network would say.
  const kept = await caches.match(request, { cacheName: STATIC });
  if (kept) return kept;
  const response = await fetch(request);
  await store(request, response);
  return response;
}

async function page(request, url) {
  try {
    const response = await fetch(request);
    await store(request, response);
    return response;
  } catch (error) {
    const cache = await caches.open(PAGES);
    const kept = (await cache.match(url.pathname)) || (await cache.match("/field"));
    if (kept) return kept;
    throw error;
  }
}
