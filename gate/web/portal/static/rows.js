// Lists by keyboard: j and k go through the rows, Enter opens, x selects, / searches, Esc goes back to the list.
const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
const isTyping = (target) => target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
const goal = (row) => row.querySelector("th a, summary, input[type=checkbox], a");

const move = (step) => {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  const target = all[next] === undefined ? null : goal(all[next]);
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
};

const back = () => {
  const link = document.querySelector("main a[data-back]");
  if (link === null) return;
  // The list as it was left, with its filters and its place.
  if (document.referrer.startsWith(link.href.split("?")[0]) && history.length > 1) history.back();
  else link.click();
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]") !== null) return;
  const search = document.querySelector("[data-search]");
  if ((event.ctrlKey || event.metaKey) && event.key === "k" && search !== null) {
    event.preventDefault();
    search.focus();
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") {
    if (isTyping(event.target)) event.target.blur();
    else if (document.querySelector("details.menu[open]") === null) back();
    return;
  }
  if (isTyping(event.target)) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x") {
    event.target.closest("[data-row]")?.querySelector("input[type=checkbox]:not([disabled])")?.click();
  } else if (event.key === "/" && search !== null) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});
