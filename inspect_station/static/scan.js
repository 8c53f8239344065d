// 扫码: reads a device's label through the camera, inside the page. What is done with the device stands in scanned.js,
// which hears "scan:found" {id} and "scan:typed" {text} at the button that opened the dialog.
(function () {
  "use strict";
  const dialog = document.getElementById("scanner");
  if (!dialog) return;
  const video = dialog.querySelector("video");
  const told = dialog.querySelector("[data-scan-told]");
  const light = dialog.querySelector("[data-scan-light]");
  const box = dialog.querySelector("input");
  const TYPE = "可以在下面输入编号。";
  const LONGEST = 800; // pixels are enough for a label at arm's length, and quick on an old phone
  const PAUSE = 120;
  const SAME = 2000; // a code that stays in view for this long is one look

  let opener = null;
  let stream = null;
  let sound = null;
  let turn = 0; // of several openings the newest one counts
  let seen = { text: "", at: 0 };

  // --- what is said, heard and felt -----------------------------------------------------------------------------------
  function say(sentence, kind = "", address = "") {
    told.textContent = sentence;
    told.dataset.kind = kind;
    if (address) {
      const link = document.createElement("a");
      link.href = address;
      link.textContent = "打开它的档案";
      told.append(" ", link);
    }
    if (kind) {
      navigator.vibrate?.(kind === "ok" ? 80 : [60, 60, 60]);
      beep(kind === "ok" ? 1320 : 330);
    }
  }

  function beep(pitch) {
    if (sound?.state !== "running") return;
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.1;
    tone.frequency.value = pitch;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.12);
  }

  // --- what is read ---------------------------------------------------------------------------------------------------
  // The station may be reached under another name than the labels were printed with: both are ours.
  const label = new URL(dialog.dataset.label);
  function deviceOf(text) {
    let url;
    try { url = new URL(text); } catch { return null; }
    if (![label.host, location.host].includes(url.host) || !url.pathname.startsWith(label.pathname)) return null;
    const number = url.pathname.slice(label.pathname.length);
    return /^[1-9]\d{0,9}$/.test(number) ? Number(number) : null;
  }

  function heard(text) {
    const now = Date.now();
    const again = text === seen.text && now - seen.at < SAME;
    seen = { text, at: now };
    if (again) return;
    const id = deviceOf(text);
    if (id === null) say("这不是本站的设备标签。", "bad");
    else opener.dispatchEvent(new CustomEvent("scan:found", { bubbles: true, detail: { id } }));
  }

  async function reader() {
    const kinds = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
    if (!kinds.includes("qr_code")) return decoder();
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    let other = null; // some phones promise the detector and fail when it is used
    return async () => {
      if (other) return other();
      try {
        return (await detector.detect(video)).map((found) => found.rawValue);
      } catch {
        other = await decoder();
        return [];
      }
    };
  }

  async function decoder() {
    await loaded(dialog.dataset.decoder);
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    return async () => {
      const scale = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      pen.drawImage(video, 0, 0, canvas.width, canvas.height);
      const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
      const found = window.jsQR(picture.data, picture.width, picture.height, { inversionAttempts: "dontInvert" });
      return found?.data ? [found.data] : [];
    };
  }

  const loaded = (address) => new Promise((resolve, reject) => {
    if (window.jsQR) { resolve(); return; }
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => { script.remove(); reject(new Error("decoder")); });
    document.head.append(script);
  });

  // --- the camera -----------------------------------------------------------------------------------------------------
  const REFUSED = {
    NotAllowedError: "没有允许使用相机，请在浏览器里允许本站用相机后再试；",
    NotReadableError: "相机正被别的程序占用，关掉后再试；",
    decoder: "读码程序没有下载下来，请到有信号的地方再试；",
  };

  async function look() {
    const mine = ++turn;
    const here = () => mine === turn && dialog.open;
    if (!navigator.mediaDevices?.getUserMedia) {
      say(`这个网址不能用相机（需要 https），${TYPE}`);
      return;
    }
    say("正在打开相机…");
    try {
      const got = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
      });
      if (!here()) { got.getTracks().forEach((track) => track.stop()); return; } // closed while the browser asked
      stream = got;
      video.srcObject = got;
      light.hidden = !got.getVideoTracks()[0].getCapabilities?.().torch;
      await video.play();
      const read = await reader();
      if (told.textContent === "正在打开相机…") say("把标签上的二维码放进画面里。");
      while (here()) {
        if (video.videoWidth) (await read()).filter(here).forEach(heard);
        await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
      }
    } catch (error) {
      if (!here()) return;
      stop();
      say(`${REFUSED[error.name] || REFUSED[error.message] || "没有找到能用的相机，"}${TYPE}`);
    }
  }

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    light.hidden = true;
    light.setAttribute("aria-pressed", "false");
  }

  light.addEventListener("click", async () => {
    const on = light.getAttribute("aria-pressed") !== "true";
    try {
      await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
      light.setAttribute("aria-pressed", String(on));
    } catch { light.hidden = true; }
  });

  // --- the dialog -----------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-scan]");
    if (!button) return;
    opener = button;
    seen = { text: "", at: 0 };
    box.value = "";
    // A sound is allowed only from within a press.
    if (window.AudioContext) sound ??= new AudioContext();
    sound?.resume().catch(() => {});
    dialog.showModal();
    look();
  });
  dialog.addEventListener("close", stop);
  addEventListener("pagehide", stop);
  // In the pocket the camera must not stay on.
  document.addEventListener("visibilitychange", () => { if (document.hidden) dialog.close(); });
  dialog.querySelector("[data-scan-typed]").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (text) opener.dispatchEvent(new CustomEvent("scan:typed", { bubbles: true, detail: { text } }));
    else say("请先输入标签上的编号。");
  });

  window.scanner = { say, close: () => dialog.close(), address: (id) => `${label.pathname}${id}` };

  // From the search box of another page, whose camera stays shut.
  const asked = () => {
    if (location.hash !== "#scan") return;
    history.replaceState(history.state, "", location.pathname + location.search);
    document.querySelector("[data-scan]")?.click();
  };
  addEventListener("hashchange", asked);
  addEventListener("DOMContentLoaded", asked);
})();
