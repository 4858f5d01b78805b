// A picture pasted anywhere on the page goes to the page's uploader, as if it had been dropped there.

const listeners = new WeakMap(); // by the place they stand in
let pasted = 0;

export default function paste({ data, parentElement }) {
  const { uploader, hint } = data;
  parentElement.querySelector(".hint").textContent = hint;
  document.removeEventListener("paste", listeners.get(parentElement));
  const listener = (event) => take(event, uploader);
  listeners.set(parentElement, listener);
  document.addEventListener("paste", listener);
  return () => document.removeEventListener("paste", listener);
}

function take(event, uploader) {
  const pictures = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
  // Office programs put a picture of the text beside it: then the text is meant.
  if (event.defaultPrevented || !pictures.length || event.clipboardData.types.includes("text/plain")) return;
  const place = document.querySelector(`.${CSS.escape(uploader)}`);
  const input = place?.querySelector("input[type=file]");
  if (!input || input.disabled || !place.getClientRects().length) return; // none, or on a tab that is not shown
  event.preventDefault();
  const transfer = new DataTransfer();
  for (const picture of input.multiple ? pictures : pictures.slice(0, 1)) {
    pasted += 1;
    const ending = picture.type.slice("image/".length).split("+")[0];
    transfer.items.add(new File([picture], `pasted-${pasted}.${ending}`, { type: picture.type }));
  }
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
