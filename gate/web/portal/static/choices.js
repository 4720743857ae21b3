// Tables with boxes to tick: how many are ticked, all at once, and sorting and filtering that lose no tick.
const number = (row, key) => Number(row.dataset[key]);

const counted = (form) => {
  const boxes = [...document.querySelectorAll(`input[type=checkbox][form="${form.id}"]`)];
  const ticked = boxes.filter((box) => box.checked).length;
  for (const button of document.querySelectorAll(`[data-counts="${form.id}"]`)) {
    button.querySelector("[data-count]").textContent = ` (${ticked})`;
    button.disabled = ticked === 0;
  }
  const all = document.querySelector(`[data-all="${form.id}"]`);
  if (all !== null) {
    const shown = boxes.filter((box) => box.offsetParent !== null);
    all.checked = shown.length > 0 && shown.every((box) => box.checked);
    all.indeterminate = !all.checked && shown.some((box) => box.checked);
  }
};

const countAll = () => document.querySelectorAll("form[data-choices]").forEach(counted);

const sort = (link) => {
  const table = link.closest("table");
  const { key, kind } = link.dataset;
  const header = link.closest("th");
  const descending = header.getAttribute("aria-sort") ? header.getAttribute("aria-sort") === "ascending" : kind === "number";
  const rows = [...table.tBodies[0].rows];
  const ordered =
    kind === "number"
      ? (one, other) => number(one, key) - number(other, key)
      : (one, other) => one.dataset[key].localeCompare(other.dataset[key]);
  rows.sort((one, other) => (descending ? -ordered(one, other) : ordered(one, other)));
  table.tBodies[0].append(...rows);
  for (const each of table.querySelectorAll("thead th[aria-sort]")) each.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
};

const filter = (form) => {
  const wanted = new FormData(form);
  const text = (wanted.get("search") ?? "").trim().toLowerCase();
  for (const row of document.querySelectorAll("tr[data-name]")) {
    const fits = (name, key) => !wanted.get(name) || row.dataset[key].split(" ").includes(wanted.get(name));
    row.hidden = !(row.dataset.name.includes(text) && fits("workflow", "workflow") && fits("standing", "standing"));
  }
  const query = new URLSearchParams([...wanted].filter(([, value]) => value));
  history.replaceState(null, "", `${location.pathname}?${query}`);
  const none = document.querySelector("[data-none]");
  if (none !== null) none.hidden = document.querySelector("tr[data-name]:not([hidden])") !== null;
  countAll();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sort]");
  if (link === null || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  sort(link);
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-narrows]");
  if (form !== null) filter(form);
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-narrows]")) event.preventDefault();
});
document.addEventListener("change", (event) => {
  const all = event.target.dataset.all;
  if (all !== undefined) {
    for (const box of document.querySelectorAll(`input[type=checkbox][form="${all}"]`)) {
      if (box.offsetParent !== null && !box.disabled) box.checked = event.target.checked;
    }
  }
  countAll();
});
document.addEventListener("refreshed", countAll);
window.addEventListener("pageshow", countAll);
