// Links marked data-dialog show the form of the page they lead to over the page one is on.
const dialog = document.createElement("dialog");
dialog.classList.add("sheet-dialog");
document.body.append(dialog);
let opener = null;

const partOf = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("[data-dialog-part]");

const show = (part) => {
  const heading = part.querySelector("h1");
  const title = document.createElement("h2");
  title.id = "dialog-title";
  title.textContent = heading.textContent;
  heading.replaceWith(title);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.replaceChildren(document.adoptNode(part));
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[aria-invalid], [autofocus]") ?? dialog.querySelector("input:not([type=hidden]), select"))?.focus();
};

const plainClick = (event) =>
  event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", async (event) => {
  if (!plainClick(event)) return;
  if (dialog.open && (event.target === dialog || event.target.closest("[data-close]"))) {
    event.preventDefault();
    dialog.close();
    return;
  }
  const link = event.target.closest("a[data-dialog]");
  if (link === null) return;
  event.preventDefault();
  opener = link;
  try {
    const answer = await fetch(link.href, { headers: { accept: "text/html" } });
    const part = answer.ok && !answer.redirected ? partOf(await answer.text()) : null;
    if (part === null) location.assign(link.href);
    else show(part);
  } catch {
    location.assign(link.href);
  }
});

dialog.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = event.submitter;
  if (button !== null) button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form, null)),
      headers: { accept: "text/html" },
    });
    const html = await answer.text();
    if (answer.redirected) {
      location.assign(answer.url);
      return;
    }
    const part = partOf(html);
    if (part !== null) {
      show(part);
      return;
    }
  } catch {
    // The browser's own way of sending tells what is wrong.
  }
  form.submit();
});

dialog.addEventListener("close", () => opener?.focus());
