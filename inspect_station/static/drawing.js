// Drawing with a finger, a pen or the mouse: a signature on the glass, marks on a photo.
(function () {
  "use strict";

  // Strokes over what `paint` puts below; undo and clear draw everything again.
  function board(canvas, { colour, width, paint = () => {}, changed = () => {} }) {
    const pen = canvas.getContext("2d");
    let strokes = [];
    let current = null;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
    };
    function stroke(points) {
      pen.strokeStyle = colour;
      pen.lineWidth = width();
      pen.lineCap = pen.lineJoin = "round";
      pen.beginPath();
      pen.moveTo(...points[0]);
      (points.length > 1 ? points : [...points, [points[0][0] + 0.1, points[0][1]]]).forEach((point) => pen.lineTo(...point));
      pen.stroke();
    }
    function redraw() {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      paint(pen);
      strokes.forEach(stroke);
    }
    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      current = [at(event)];
      strokes.push(current);
      stroke(current);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!current) return;
      current.push(at(event));
      stroke(current.slice(-2));
    });
    const end = () => {
      if (!current) return;
      current = null;
      changed(strokes);
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    return {
      redraw,
      undo() { strokes.pop(); redraw(); changed(strokes); },
      clear() { strokes = []; redraw(); changed(strokes); },
      get empty() { return !strokes.length; },
    };
  }

  // --- the signature ------------------------------------------------------------------------------------------------
  document.querySelectorAll("canvas[data-signature]").forEach((canvas) => {
    const field = document.getElementById(canvas.dataset.signature);
    const glass = board(canvas, {
      colour: "#10203a",
      width: () => 4,
      changed: (strokes) => {
        field.value = strokes.length ? canvas.toDataURL("image/png") : "";
        field.dispatchEvent(new Event("input", { bubbles: true }));
      },
    });
    canvas.parentElement.querySelector("[data-signature-clear]")?.addEventListener("click", () => glass.clear());
    if (field.value.startsWith("data:image/png")) {
      const drawn = new Image();
      drawn.onload = () => canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
      drawn.src = field.value;
    }
  });

  // --- marks on photos ----------------------------------------------------------------------------------------------
  const dialog = document.getElementById("marker");
  if (!dialog) return;
  const canvas = dialog.querySelector("canvas");
  let picture = null;
  let done = null;
  const marks = board(canvas, {
    colour: "#e01b24",
    width: () => Math.max(6, canvas.width / 120),
    paint: (pen) => { if (picture) pen.drawImage(picture, 0, 0, canvas.width, canvas.height); },
  });
  dialog.querySelector("[data-marker-undo]").addEventListener("click", () => marks.undo());
  dialog.querySelector("[data-marker-done]").addEventListener("click", () => {
    canvas.toBlob((blob) => {
      if (blob && done && !marks.empty) done(blob);
      dialog.close();
    }, "image/jpeg", 0.88);
  });

  async function mark(file, whenDone) {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    done = whenDone;
    marks.clear();
    dialog.showModal();
  }

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.dataset?.markable) return;
    const marked = document.getElementById(`f-${input.dataset.markable}`);
    const row = input.parentElement.querySelector("[data-marks]");
    row.replaceChildren(...[...input.files].map((file, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-quiet";
      button.textContent = `圈出问题：照片 ${place + 1}`;
      button.addEventListener("click", () => {
        mark(file, (blob) => {
          const files = new DataTransfer();
          [...marked.files].forEach((one) => files.items.add(one));
          files.items.add(new File([blob], `圈注-${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" }));
          marked.files = files.files;
          button.textContent = `照片 ${place + 1} 已圈出（可再圈）`;
        }).catch(() => { button.textContent = `照片 ${place + 1} 打不开，请另选一张`; });
      });
      return button;
    }));
    marked.files = new DataTransfer().files;
  });
})();
