// Forms marked data-refresh="id" change that part of the page in place of loading all of it again.
const announcer = document.getElementById("announcer");

const openOnes = (part) => [...part.querySelectorAll("details[open][id]")].map((each) => each.id);

const swap = (part, html, address) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById(part.id);
  if (fresh === null) return false;
  const focused = document.activeElement?.id;
  const open = openOnes(part);
  part.replaceWith(document.adoptNode(fresh));
  for (const id of open) {
    const details = document.getElementById(id);
    if (details !== null && details.dataset.closes === undefined) details.open = true;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  announcer.textContent = fresh.querySelector("[role=status], [role=alert]")?.textContent.trim() ?? "";
  const shown = new URL(address);
  shown.searchParams.delete("done");
  history.replaceState(null, "", shown);
  document.dispatchEvent(new CustomEvent("refreshed"));
  return true;
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const part = document.getElementById(form.dataset.refresh ?? "");
  if (part === null || event.defaultPrevented) return;
  event.preventDefault();
  const sent = new FormData(form);
  const button = event.submitter;
  if (button?.name) sent.set(button.name, button.value);
  part.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(sent),
      headers: { accept: "text/html" },
    });
    const address = answer.redirected ? answer.url : location.href;
    if (!swap(part, await answer.text(), address)) location.assign(address);
  } catch {
    part.removeAttribute("aria-busy");
    form.submit();
  }
});

// A menu that is a form of its own is sent as soon as something else is chosen.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});
