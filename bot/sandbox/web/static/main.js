// Puts the parts together: the state comes in, everything that shows it is refreshed.

import { scene, watch } from "./api.js";
import { prepareComposer, showComposer } from "./composer.js";
import { prepareDesk, showDesk } from "./desk.js";
import { $, svg, toast } from "./dom.js";
import { showModal } from "./modal.js";
import { page, refresh } from "./model.js";
import { choose, point, preparePagerDuty, showPagerDuty } from "./pagerduty.js";
import { showSlack } from "./slack.js";
import { showTour, startTour } from "./tour.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const kept = () => localStorage.getItem("pdbot-theme");

function theme(wanted) {
  document.documentElement.dataset.theme = wanted;
  const d = wanted === "dark" ? "M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6L16 16M4 16l1.4-1.4M14.6 5.4L16 4" : "M16.5 12A7 7 0 1 1 8 3.5a5.6 5.6 0 0 0 8.5 8.5z";
  $("theme").replaceChildren(svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d })));
}

function prepareTop() {
  dark.addEventListener("change", () => { if (!kept()) theme(dark.matches ? "dark" : "light"); });
  $("theme").addEventListener("click", () => {
    const wanted = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("pdbot-theme", wanted);
    theme(wanted);
  });
  $("tour-start").addEventListener("click", startTour);
  $("thread-close").addEventListener("click", () => { page.thread = null; refresh(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-incident], a[data-outside]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.incident) point(link.dataset.incident);
    else toast(`This would open ${link.dataset.outside}. The demo stays on your machine.`);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && page.thread && !$("modal").open && !event.defaultPrevented) { page.thread = null; refresh(); }
  });
}

function prepare() {
  page.loaded = Date.now() / 1000;
  page.me = page.scene.start.user;
  page.place = page.scene.start.channel;
  prepareTop();
  prepareComposer();
  preparePagerDuty();
  prepareDesk();
  choose($("tab-incidents"));
  for (const show of [showSlack, showComposer, showPagerDuty, showDesk, showModal, showTour]) page.listeners.add(show);
}

theme(kept() ?? (dark.matches ? "dark" : "light"));
page.scene = await scene();
watch((state) => {
  const isFirst = !page.state;
  page.state = state;
  if (isFirst) prepare();
  refresh();
  if (isFirst) {
    document.body.classList.add("ready");
    if (!localStorage.getItem("pdbot-tour")) startTour();
  }
});
