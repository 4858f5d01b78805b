// The picture beside its recognised text. A row of the text knows by `from` which recognised rows it came from, and so
// its places in the picture, however often it was split or merged. Text is only ever set as text, never as HTML.

const SETTLE = 700; // milliseconds without typing after which the text is sent
const LATEST = 1500; // and while typing goes on

const editors = new WeakMap(); // by the place they stand in
const drafts = new Map(); // by review: an editor that is moved on the page, and so drawn anew, goes on where it was

export default function review(component) {
  const place = component.parentElement;
  const editor = editors.get(place) ?? new Editor(place.querySelector(".review"));
  editors.set(place, editor);
  const turn = editor.show(component);
  return () => {
    if (editor.turn !== turn) return; // Streamlit also ends a turn that the next one has replaced
    editor.close();
    editors.delete(place);
  };
}

const blank = (text, from) => ({ text, kept: true, doubtful: false, clutter: null, from: [...from] });

class Editor {
  constructor(root) {
    this.root = root;
    this.turn = 0;
    this.rows = new Map(); // element -> row
    this.flush = this.flush.bind(this);
    // The click comes here before it reaches a button of the page, so what that button starts has the whole text.
    this.outside = [[document, "pointerdown"], [document, "click"], [document, "visibilitychange"], [window, "pagehide"]];
    for (const [target, event] of this.outside) target.addEventListener(event, this.flush, true);
  }

  close() {
    clearTimeout(this.timer);
    for (const [target, event] of this.outside) target.removeEventListener(event, this.flush, true);
    this.root.replaceChildren();
  }

  /** Take over what Streamlit passes; draw only what is new, for it also calls when the theme changes. */
  show(component) {
    const { data } = component;
    const known = this.data?.id === data.id;
    const sameWords = known && JSON.stringify(this.data.text) === JSON.stringify(data.text);
    Object.assign(this, { component, data, t: data.text });
    if (!known) {
      this.draft = drafts.get(data.id) ?? { changed: false, pages: data.pages.map(fresh) };
      drafts.set(data.id, this.draft);
      this.unsent = false;
    }
    if (!sameWords) this.draw();
    if (!known && this.draft.changed) this.changed();
    return ++this.turn;
  }

  // --- drawing ---

  draw() {
    const scrolls = [this.view?.pane, this.texts].map((pane) => pane?.scrollTop ?? 0);
    this.rows.clear();
    this.caret = this.pointed = null;
    const tool = (label, onclick, sign) =>
      make("button", "tool", { type: "button", onclick, textContent: sign ?? label, title: label, ariaLabel: label });
    this.next = tool("", () => this.nextDoubtful());
    this.restore = tool("", () => this.keep(this.all().filter((row) => !row.kept), true));
    this.view = new PictureView(this.t.picture, this.view?.zoom);
    this.texts = make("div", "pane texts", { role: "region", ariaLabel: this.t.recognised });
    const confirm = make("button", "confirm", { type: "button", textContent: this.t.confirm });
    confirm.onclick = () => this.component.setTriggerValue("confirmed", true); // by then the text has been sent
    this.root.replaceChildren(
      make("div", "side", {}, make("div", "tools", {},
        tool(this.t.zoom_out, () => this.view.zoomBy(-1), "−"),
        tool(this.t.fit_width, () => this.view.zoomTo(1)),
        tool(this.t.zoom_in, () => this.view.zoomBy(1), "+")), this.view.pane),
      make("div", "side", {}, make("div", "tools", {}, this.next, this.restore), this.texts),
      confirm);
    this.draft.pages.forEach((page, number) => {
      const given = this.data.pages[number];
      this.view.pane.append(this.drawPicture(page, given));
      page.element = make("section", "page", { ariaLabel: given.label });
      page.element.append(make("h4", "label", { textContent: given.label, dir: "auto" }));
      page.element.append(...page.rows.map((row) => this.drawRow(row, page)));
      this.texts.append(page.element);
      page.rows.forEach((row) => this.mark(row));
    });
    this.count();
    [this.view.pane.scrollTop, this.texts.scrollTop] = scrolls;
    this.listen();
  }

  drawPicture(page, { label, picture, width, height, rows }) {
    const figure = make("figure", "page", {}, make("figcaption", "label", { textContent: label, dir: "auto" }));
    page.shapes = rows.map(({ boxes }) => boxes.map((box) => shape("polygon", { points: box.join(" ") })));
    if (!picture) {
      figure.append(make("p", "note", { textContent: this.t.no_picture }));
      return figure;
    }
    const places = shape("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    page.shapes.forEach((shapes, from) => shapes.forEach((polygon) => {
      polygon.at = { page, from };
      places.append(polygon);
    }));
    const sheet = make("div", "sheet", {}, make("img", "", { src: picture, alt: label, draggable: false }), places);
    sheet.style.aspectRatio = `${width} / ${height}`;
    figure.append(sheet);
    return figure;
  }

  drawRow(row, page) {
    row.page = page;
    row.area = make("textarea", "", { rows: 1, value: row.text, spellcheck: false, dir: "auto" });
    row.grow = make("div", "grow", {}, row.area);
    row.reason = make("span", "reason");
    const small = (className, onclick) => make("button", `small ${className}`, { type: "button", onclick });
    row.right = small("right", () => this.settle(row));
    Object.assign(row.right, { textContent: "✓", title: this.t.right, ariaLabel: this.t.right });
    row.toggle = small("toggle", () => this.keep([row], !row.kept));
    row.element = make("div", "row", {}, row.grow, make("div", "marks", {}, row.reason, row.right, row.toggle));
    this.rows.set(row.element, row);
    this.fill(row);
    return row.element;
  }

  /** Bring a row's text to where it shows; the copy in the attribute gives the text area its height. */
  fill(row) {
    if (row.area.value !== row.text) row.area.value = row.text;
    row.grow.dataset.text = `${row.text}\n`;
  }

  /** Show whether a row is kept and doubtful, in the text and in the picture. */
  mark(row) {
    const doubtful = row.doubtful && row.kept;
    const why = this.t[`clutter_${row.clutter}`] ?? this.t.by_you;
    row.element.classList.toggle("doubtful", doubtful);
    row.element.classList.toggle("aside", !row.kept);
    row.area.readOnly = !row.kept;
    row.reason.textContent = row.kept ? (doubtful ? this.t.doubtful : "") : why;
    row.reason.title = doubtful ? this.t.doubtful_hint : "";
    row.area.ariaLabel = [this.t.line, row.reason.textContent].filter(Boolean).join(", ");
    row.right.hidden = !doubtful;
    row.toggle.textContent = row.kept ? this.t.set_aside : this.t.put_back;
    for (const from of row.from) {
      const { doubtful_boxes: marked } = this.data.pages[this.draft.pages.indexOf(row.page)].rows[from];
      row.page.shapes[from].forEach((polygon, number) => {
        polygon.classList.toggle("doubtful", doubtful && (!marked.length || marked.includes(number)));
        polygon.classList.toggle("aside", !row.kept);
      });
    }
  }

  count() {
    const rows = this.all();
    const label = (button, words, count) => {
      button.textContent = button.ariaLabel = button.title = words.replace("{count}", count);
      button.disabled = count === 0;
    };
    const doubtful = rows.filter((row) => row.kept && row.doubtful).length;
    label(this.next, doubtful ? this.t.next_doubtful : this.t.none_doubtful, doubtful);
    label(this.restore, this.t.put_all_back, rows.filter((row) => !row.kept).length);
  }

  // --- what the coach does ---

  listen() {
    const rowAt = (event) => this.rows.get(event.target.closest?.(".row"));
    this.texts.oninput = (event) => this.typed(rowAt(event));
    this.texts.onkeydown = (event) => this.pressed(event, rowAt(event));
    this.texts.addEventListener("focusin", (event) => this.look("caret", rowAt(event), "picture"));
    this.texts.addEventListener("focusout", () => {
      this.look("caret", null);
      this.flush();
    });
    // These follow the mouse alone; mouseover would also come of the pane scrolling under it.
    this.texts.onpointermove = (event) => this.look("pointed", rowAt(event), "picture");
    this.texts.onpointerleave = this.view.pane.onpointerleave = () => this.look("pointed", null);
    this.view.pane.onpointermove = ({ target }) => this.look("pointed", this.owner(target), "text");
    this.view.pane.onclick = ({ target }) => {
      if (!this.view.dragged) this.owner(target)?.area.focus({ preventScroll: true });
    };
  }

  owner({ at }) {
    return at?.page.rows.find((row) => row.from.includes(at.from));
  }

  /** Light the row with the caret or under the mouse, and bring it into sight on the other side. */
  look(how, row = null, other) {
    if (this[how] === row) return;
    const light = (lit, on) => {
      lit?.element.classList.toggle(how, on);
      for (const polygon of this.shapes(lit)) polygon.classList.toggle(how, on);
    };
    light(this[how], false);
    light(row, true);
    this[how] = row;
    if (!row) return;
    const [first] = this.shapes(row);
    if (other === "picture" && first) reveal(this.view.pane, first);
    if (other === "text") reveal(this.texts, row.element);
  }

  shapes(row) {
    return row ? row.from.flatMap((from) => row.page.shapes[from]) : [];
  }

  typed(row) {
    const lines = row.area.value.split("\n");
    if (lines.length > 1) this.split(row, lines);
    else row.text = row.area.value;
    this.fill(row);
    this.settle(row);
    this.changed();
  }

  /** Enter, and a text of several lines that is pasted or dropped, make the rows that the lines are. */
  split(row, lines) {
    const before = row.area.value.slice(0, row.area.selectionEnd).split("\n");
    const { rows } = row.page;
    const added = lines.slice(1).map((text) => blank(text, row.from));
    row.text = lines[0];
    rows.splice(rows.indexOf(row) + 1, 0, ...added);
    row.element.after(...added.map((one) => this.drawRow(one, row.page)));
    added.forEach((one) => this.mark(one));
    this.put([row, ...added][before.length - 1], before.at(-1).length);
  }

  pressed(event, row) {
    const { area } = row ?? {};
    if (event.target !== area || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const collapsed = area.selectionStart === area.selectionEnd;
    const [atStart, atEnd] = [area.selectionStart === 0, area.selectionStart === area.value.length];
    const merges = { Backspace: collapsed && atStart && -1, Delete: collapsed && atEnd && 1 }[event.key];
    if (merges && row.kept) {
      const other = this.neighbour(row, merges, (one) => one.kept && one.page === row.page);
      if (!other) return;
      event.preventDefault();
      if (merges < 0) this.merge(other, row);
      else this.merge(row, other);
      return;
    }
    const step = { ArrowUp: -1, ArrowLeft: atStart && -1, ArrowDown: 1, ArrowRight: atEnd && 1 }[event.key];
    if (!step || !collapsed || event.shiftKey) return;
    const caret = area.selectionStart;
    setTimeout(() => {
      if (area.selectionStart !== caret) return; // there was another line in this row
      const other = this.neighbour(row, step, () => true);
      if (other) this.put(other, step < 0 ? other.text.length : 0);
    });
  }

  all() {
    return this.draft.pages.flatMap((page) => page.rows);
  }

  neighbour(row, step, fits) {
    const rows = this.all();
    const at = rows.indexOf(row);
    return step < 0 ? rows.slice(0, at).findLast(fits) : rows.slice(at + 1).find(fits);
  }

  merge(first, second) {
    const caret = first.text.length;
    first.text += second.text;
    first.from = [...new Set([...first.from, ...second.from])];
    first.doubtful ||= second.doubtful;
    this.put(first, caret); // before its text area goes, so that the focus never leaves the text
    second.page.rows.splice(second.page.rows.indexOf(second), 1);
    this.rows.delete(second.element);
    second.element.remove();
    this.fill(first);
    first.area.setSelectionRange(caret, caret);
    this.mark(first);
    this.look("caret", null);
    this.look("caret", first, "picture"); // with the places that are new to it
    this.count();
    this.changed();
  }

  put(row, caret) {
    row.area.focus({ preventScroll: true });
    row.area.setSelectionRange(caret, caret);
    reveal(this.texts, row.element);
  }

  settle(row) {
    if (!row.doubtful) return;
    if (row.right.matches(":focus")) row.area.focus({ preventScroll: true });
    row.doubtful = false;
    this.mark(row);
    this.count();
  }

  keep(rows, kept) {
    for (const row of rows) this.mark(Object.assign(row, { kept, clutter: null }));
    this.count();
    this.changed();
    this.flush();
  }

  nextDoubtful() {
    const rows = this.all();
    const after = rows.indexOf(this.latest) + 1;
    const row = [...rows.slice(after), ...rows.slice(0, after)].find((one) => one.kept && one.doubtful);
    if (row) this.put((this.latest = row), 0);
  }

  // --- telling Python ---

  changed() {
    if (!this.unsent) this.since = Date.now();
    this.draft.changed = this.unsent = true;
    if (Date.now() - this.since > LATEST) return this.flush();
    clearTimeout(this.timer);
    this.timer = setTimeout(this.flush, SETTLE);
  }

  flush() {
    if (!this.unsent) return;
    this.unsent = false;
    clearTimeout(this.timer);
    const pages = this.draft.pages.map((page) => page.rows.map(({ text, kept }) => [text, kept]));
    this.component.setStateValue("edited", { id: this.data.id, pages });
  }
}

/** The rows of a page as they were recognised. A page always has one to type into. */
function fresh({ rows }) {
  const known = rows.map(({ text, kept, doubtful, clutter }, at) => ({ text, kept, doubtful, clutter, from: [at] }));
  return { rows: known.length ? known : [blank("", [])] };
}
