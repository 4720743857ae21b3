"use strict";
// Comfort only: every page and form works without this file.
(() => {
  const A_MOMENT = 1200; // milliseconds between the two keys of "g o"
  document.documentElement.classList.add("scripted");
  const shortcuts = document.getElementById("shortcuts");
  const menus = [...document.querySelectorAll("details.menu")];
  const HALF_A_MINUTE = 30000;
  if (document.body.classList.contains("refreshed")) {
    setInterval(() => {
      if (document.visibilityState === "visible") location.reload();
    }, HALF_A_MINUTE);
  }

  // On a narrow screen the pages stand in one line, which may be longer than the screen.
  const here = document.querySelector(".side [aria-current]");
  if (here !== null) here.closest(".side").scrollLeft = here.offsetLeft - 60;

  let first = "";
  let since = 0;

  const isTyping = (target) => target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");

  const closeMenus = (but) => {
    for (const menu of menus) {
      if (menu !== but && menu.open) menu.open = false;
    }
  };

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      const open = menus.find((menu) => menu.open);
      closeMenus(null);
      if (open) open.querySelector("summary").focus();
      return;
    }
    if (isTyping(event.target) || shortcuts === null || shortcuts.open) return;
    if (event.key === "?") {
      shortcuts.showModal();
      return;
    }
    const keys = Date.now() - since < A_MOMENT ? `${first} ${event.key}` : event.key;
    const entry = document.querySelector(`nav a[data-keys="${CSS.escape(keys).replace("\\ ", " ")}"]`);
    if (entry !== null) {
      entry.click();
    } else {
      first = event.key;
      since = Date.now();
    }
  });
})();
