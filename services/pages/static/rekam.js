// What makes reading easier; nothing here is needed for it.
"use strict";

(() => {
  const day = (text) => Date.parse(`${text}T00:00:00Z`) / 86_400_000;
  const text = (number) => new Date(number * 86_400_000).toISOString().slice(0, 10);

  // The city's two sliders: the day's is the date field beside it, dragged; the other is a position.
  const prepareTimes = () => {
    const form = document.getElementById("times");
    const slider = document.getElementById("times-day");
    if (!form || !slider.hidden) return;
    const on = document.getElementById("times-on");
    const known = document.getElementById("times-known");
    const said = document.getElementById("times-said");
    const first = day(slider.dataset.first);
    slider.hidden = false;
    slider.addEventListener("input", () => { on.value = text(first + Number(slider.value)); });
    on.addEventListener("change", () => { slider.value = on.value ? day(on.value) - first : slider.value; });
    known.addEventListener("input", () => {
      said.value = Number(known.value).toLocaleString(document.documentElement.lang);
    });
    form.addEventListener("htmx:configRequest", (event) => {
      if (known.value === known.max) event.detail.parameters.delete("known"); // the end is now, and stays so
    });
  };

  // Where a slider leads to no answer, that is said in the figures' place, which the next move fills again.
  const mishap = (event) => {
    if (!event.detail.isError || event.detail.requestConfig.elt.id !== "times") return;
    event.detail.shouldSwap = true;
    event.detail.selectOverride = "#content > *";
    event.detail.swapOverride = "innerHTML";
  };

  // A page that has not what is renewed is another one: nothing is put in the place of what stands here.
  const another = (event) => {
    const part = event.detail.requestConfig.elt.getAttribute("hx-select");
    if (part && !event.detail.isError && !event.detail.serverResponse.includes(`id="${part.slice(1)}"`)) {
      event.detail.shouldSwap = false;
    }
  };

  // A table is sorted where it stands; without this its heads are links that sort it anew.
  const sort = (event) => {
    const link = event.target.closest("table[data-sorted] thead a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const head = link.closest("th");
    const table = head.closest("table");
    const heads = [...head.parentElement.children];
    const at = heads.indexOf(head);
    const words = !head.classList.contains("n");
    const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : !words;
    const value = (row) => row.children[at].dataset.value ?? row.children[at].textContent.trim();
    const order = (a, b) => (words ? value(a).localeCompare(value(b), document.documentElement.lang) : value(a) - value(b));
    const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? order(b, a) : order(a, b)));
    heads.forEach((one) => one.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows);
    history.replaceState(null, "", link.href.split("#")[0]);
  };

  // A page about now follows the register while facts arrive, but not more often than this, and not under somebody's
  // hands: who has opened something, or stands in a form or a table, is left in peace. What is put off is asked later.
  const PAUSE_MS = 3000;
  let asked = -PAUSE_MS;
  let later = 0;
  const busy = () => {
    const held = document.activeElement?.closest("#content, #asof");
    return document.hidden || (held && held !== document.activeElement) ||
      document.querySelector("#content details[open], #asof details[open]");
  };
  const follow = (event) => {
    if (event.target.id !== "live") return;
    const live = event.target;
    const told = event.detail.requestConfig.triggeringEvent?.detail?.data;
    const news = !told || JSON.parse(told).position > Number(document.getElementById("asof").dataset.position);
    const pinned = new URLSearchParams(location.search); // by a slider, since the page was opened
    const wait = busy() ? PAUSE_MS : asked + PAUSE_MS - performance.now();
    if (news && wait <= 0 && !pinned.has("on") && !pinned.has("known")) {
      asked = performance.now();
      return;
    }
    event.preventDefault();
    if (news && wait > 0 && !later) {
      later = setTimeout(() => { later = 0; live.dispatchEvent(new Event("later")); }, wait);
    }
  };

  // What was not renewed with the rest is told the new position, or says that it is of another.
  const tell = () => {
    const asof = document.getElementById("asof");
    const foot = document.getElementById("foot-position");
    if (!asof || !foot) return;
    foot.textContent = asof.querySelector(".asof-known strong").textContent;
    for (const older of document.querySelectorAll("[data-of]")) older.hidden = older.dataset.of === asof.dataset.position;
  };
  const renewed = () => { prepareTimes(); tell(); };

  document.addEventListener("DOMContentLoaded", prepareTimes);
  document.addEventListener("htmx:load", renewed);
  document.addEventListener("htmx:beforeRequest", follow);
  document.addEventListener("htmx:beforeSwap", mishap);
  document.addEventListener("htmx:beforeSwap", another);
  document.addEventListener("click", sort);
})();
