// The pane with the pictures: as wide as fits, zoomed with Ctrl and the wheel, moved by dragging.

const ZOOM = { least: 0.25, most: 8, step: 1.25 }; // 1: as wide as the pane
const DRAG = 4; // pixels from which a press on the picture moves it

const make = (tag, className, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.className = className;
  element.append(...children);
  return element;
};

const shape = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

/** Scroll `pane`, and nothing around it, so that `element` is in sight; if it was not, it comes to the middle. */
function reveal(pane, element) {
  const [frame, box] = [pane.getBoundingClientRect(), element.getBoundingClientRect()];
  const heading = pane.querySelector(".label")?.offsetHeight ?? 0; // stays at the top, over what is there
  const shift = (start, end, low, high) => {
    if (low >= start && high <= end) return 0;
    return high - low > end - start ? low - start : (low + high) / 2 - (start + end) / 2;
  };
  pane.scrollTop += shift(frame.top + heading, frame.bottom, box.top, box.bottom);
  pane.scrollLeft += shift(frame.left, frame.right, box.left, box.right);
}

class PictureView {
  constructor(label, zoom = 1) {
    this.pane = make("div", "pane pictures", { tabIndex: 0, role: "region", ariaLabel: label });
    this.zoom = zoom;
    this.pane.style.setProperty("--zoom", zoom);
    this.pane.addEventListener("pointerdown", (event) => this.hold(event));
    this.pane.addEventListener("pointermove", (event) => this.drag(event));
    this.pane.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoomTo(this.zoom * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
    }, { passive: false });
  }

  hold({ button, pointerType, clientX: x, clientY: y }) {
    const { scrollLeft: left, scrollTop: top } = this.pane;
    this.held = button === 0 && pointerType === "mouse" && { x, y, left, top }; // a finger scrolls without help
    this.dragged = false; // stays true for the click that ends it
  }

  drag({ buttons, clientX, clientY, pointerId }) {
    if (!this.held || !(buttons & 1)) return;
    const { x, y, left, top } = this.held;
    if (!this.dragged && Math.hypot(clientX - x, clientY - y) < DRAG) return;
    if (!this.dragged) this.pane.setPointerCapture(pointerId);
    this.dragged = true;
    this.pane.scrollTo(left - clientX + x, top - clientY + y);
  }

  zoomBy(steps) {
    this.zoomTo(this.zoom * ZOOM.step ** steps);
  }

  /** Zoom, and keep what is at this point of the window, or at the middle of the pane, where it is. */
  zoomTo(zoom, x, y) {
    const frame = this.pane.getBoundingClientRect();
    const [atX, atY] = [x ?? frame.left + frame.width / 2, y ?? frame.top + frame.height / 2];
    const sheets = [...this.pane.querySelectorAll(".sheet")];
    const sheet = sheets.find((one) => one.getBoundingClientRect().bottom > atY) ?? sheets.at(-1);
    const before = sheet?.getBoundingClientRect();
    this.zoom = Math.min(Math.max(zoom, ZOOM.least), ZOOM.most);
    this.pane.style.setProperty("--zoom", this.zoom);
    const now = sheet?.getBoundingClientRect();
    if (!now) return;
    this.pane.scrollLeft += now.left + ((atX - before.left) / before.width) * now.width - atX;
    this.pane.scrollTop += now.top + ((atY - before.top) / before.height) * now.height - atY;
  }
}
