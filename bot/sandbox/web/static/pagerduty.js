// PagerDuty on the right: incidents, the Events v2 requests that arrived, and the bot itself.

import { act } from "./api.js";
import { $, ago, h, keyed, once } from "./dom.js";
import { page } from "./model.js";

const opened = new Set();

export function preparePagerDuty() {
  const tabs = [...document.querySelectorAll(".pd-head [role=tab]")];
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      choose(next);
      next.focus();
    });
  });
}

export function choose(tab) {
  for (const one of document.querySelectorAll(".pd-head [role=tab]")) {
    const isChosen = one === tab;
    one.setAttribute("aria-selected", String(isChosen));
    one.tabIndex = isChosen ? 0 : -1;
    $(one.getAttribute("aria-controls")).hidden = !isChosen;
  }
}

export function point(id) {
  choose($("tab-incidents"));
  const node = document.querySelector(`[data-key="${CSS.escape(id)}"]`);
  node?.scrollIntoView({ block: "nearest" });
  node?.classList.remove("flash");
  requestAnimationFrame(() => node?.classList.add("flash"));
}

export function showPagerDuty() {
  const { incidents, events } = page.state.pagerduty;
  keyed($("panel-incidents"), incidents, {
    key: (one) => one.id,
    print: (one) => JSON.stringify(one) + Math.floor(Date.now() / 60000),
    build: (one, old) => {
      const node = incidentNode(one);
      const isOther = old && old.dataset.updated !== one.updated_at + one.status + one.notes.length;
      if (isOther || (!old && page.loaded && Date.parse(one.created_at) / 1000 > page.loaded)) node.classList.add("flash");
      return node;
    },
  });
  $("events-count").textContent = events.length ? String(events.length) : "";
  showEvents(events);
  showBot();
}

// ---------------------------------------------------------------- incidents

function incidentNode(one) {
  const isOpen = one.status !== "resolved";
  const button = (name, label) => h("button", {
    type: "button", class: "mini", data: { focus: `${name} ${one.id}` }, title: "As Bob, in PagerDuty's own user interface",
    onclick: () => act("pagerduty", { incident: one.id, name }) }, label);
  return h("article", { class: `incident ${one.status}`, id: `incident-${one.number}`, "aria-label": `Incident ${one.number}, ${one.status}`, data: { updated: one.updated_at + one.status + one.notes.length } },
    h("div", { class: "incident-head" },
      h("span", { class: `state ${one.status}` }, one.status),
      one.priority ? h("span", { class: `priority ${one.priority}` }, one.priority) : null,
      h("span", { class: "number" }, `#${one.number}`),
      h("span", { class: "grow" }),
      h("span", { class: "age" }, ago(one.created_at))),
    h("h3", {}, one.title),
    h("p", { class: "facts" }, `${one.service} · ${one.urgency} urgency · `,
      one.assignees.length ? ["assigned to ", h("b", {}, one.assignees.join(", "))] : isOpen ? "assigned to nobody" : "not assigned",
      one.acknowledged_by.length ? `, acknowledged by ${one.acknowledged_by.join(", ")}` : ""),
    one.notes.length ? h("ul", { class: "notes" }, one.notes.slice(-4).map((note) => h("li", {}, h("q", {}, note.content), h("small", {}, ` ${note.by}, ${ago(note.at)}`)))) : null,
    h("div", { class: "incident-foot" },
      details(`log ${one.id}`, `Timeline (${one.log.length})`, () => h("ol", { class: "timeline" }, one.log.toReversed().map((entry) =>
        h("li", {}, h("time", {}, new Date(entry.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" })), h("span", {}, entry.summary, entry.note ? h("q", {}, entry.note) : null))))),
      h("span", { class: "grow" }),
      one.status === "triggered" ? button("acknowledge", "Acknowledge here") : null,
      isOpen ? button("resolve", "Resolve here") : null));
}

function details(key, summary, build) {
  const node = h("details", { open: opened.has(key), ontoggle: () => {
    if (node.open) opened.add(key); else opened.delete(key);
  } }, h("summary", { data: { focus: key } }, summary), build());
  return node;
}

// ---------------------------------------------------------------- Events v2

function showEvents(events) {
  if (!events.length) {
    once($("panel-events"), "none", () => h("p", { class: "empty" }, "No event has arrived yet. Let a job fail below: its Events v2 request shows up here, with its JSON."));
    return;
  }
  if ($("panel-events").__print) { $("panel-events").replaceChildren(); $("panel-events").__print = undefined; }
  keyed($("panel-events"), events, {
    key: (one) => one.at,
    print: (one) => String(one.status),
    build: (one) => {
      const action = one.body?.event_action ?? "no JSON";
      return h("article", { class: "event" },
        h("div", { class: "incident-head" },
          h("span", { class: `action ${action}` }, action),
          h("span", { class: one.status === 202 ? "status ok" : "status" }, one.status === null ? "no answer yet" : `HTTP ${one.status}`),
          h("span", { class: "grow" }),
          h("span", { class: "age" }, new Date(one.at).toLocaleTimeString())),
        h("p", { class: "facts" }, one.body?.payload?.summary ?? "", h("code", {}, one.body?.dedup_key ?? "")),
        details(`event ${one.at}`, "POST /v2/enqueue", () => h("pre", { class: "json" }, json(one.body))));
    },
  });
}

/** JSON with its keys and values told apart. */
function json(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?/gu)) {
    parts.push(text.slice(end, found.index));
    const kind = found[2] ? "key" : found[1] ? "string" : "other";
    parts.push(h("span", { class: `j-${kind}` }, found[1] ?? found[0]), found[2] ?? "");
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}

// ---------------------------------------------------------------- the bot

const WAITING = new Set(["pending", "leased", "blocked", "held", "abandoned"]);

function showBot() {
  const { outbox, bot } = page.state;
  const waiting = outbox.filter((one) => WAITING.has(one.state)).length;
  $("outbox-count").textContent = waiting ? `${waiting} waiting` : "";
  once($("outbox"), JSON.stringify(outbox), () => (outbox.length
    ? h("table", {}, h("thead", {}, h("tr", {}, ["", "State", "Action", "Key", "Tries"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, outbox.map((one) => h("tr", { class: one.state, title: one.error ?? "" }, h("td", {}, String(one.id)), h("td", {}, h("span", { class: `entry ${one.state}` }, one.state)), h("td", {}, one.action), h("td", { class: "key" }, one.dedup_key), h("td", {}, String(one.attempts))))))
    : h("p", { class: "empty" }, "Empty. What job messages ask for is written here first, and only then sent: nothing is lost when PagerDuty or the bot is down.")));
  const log = $("bot-log");
  const text = bot.log.join("\n");
  if (log.textContent !== text) {
    log.textContent = text;
    log.scrollTop = log.scrollHeight;
  }
}
