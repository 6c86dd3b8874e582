// Behind the scenes: jobs that happen, weather, and the bot's power switch.

import { act } from "./api.js";
import { $, h, once } from "./dom.js";
import { page } from "./model.js";
import { goTo } from "./slack.js";

const TITLES = { pagerduty: "PagerDuty", slack: "Slack" };

export function prepareDesk() {
  const tools = [...new Set(page.scene.jobs.map((job) => job.tool))];
  $("jobs").replaceChildren(...tools.map((tool) =>
    h("div", { class: "tool", role: "group", "aria-label": tool }, h("h3", {}, tool), h("div", {},
      page.scene.jobs.filter((job) => job.tool === tool).map((job) =>
        h("button", { type: "button", class: `job ${kind(job.name)}`, title: job.tells, data: { job: job.name }, onclick: () => happen(job.name) }, job.label))))));
}

const kind = (name) => (/fail/u.test(name) ? "bad" : /success|back|ends/u.test(name) ? "good" : "odd");

export function happen(name) {
  if (page.place !== page.scene.jobs_channel) goTo(page.scene.jobs_channel);
  return act("job", { name });
}

export function showDesk() {
  const { weather, bot } = page.state;
  once($("weather"), JSON.stringify(weather), () => Object.entries(page.scene.weather).map(([about, positions]) =>
    h("div", { class: "switch", role: "group", "aria-label": `Weather of ${TITLES[about]}` }, h("span", {}, TITLES[about]),
      h("div", { class: "segments" }, positions.map((one) =>
        h("button", { type: "button", "aria-pressed": String(weather[about] === one.name), title: one.tells, data: { focus: `${about} ${one.name}`, weather: `${about} ${one.name}` },
          class: one.name === "fine" ? "" : "storm", onclick: () => act("weather", { about, name: one.name }) }, one.label))))));
  once($("bot"), bot.state, () => [
    h("p", { class: `power ${bot.state}` }, h("i", {}), { running: "Running", starting: "Starting…", stopped: "Dead" }[bot.state]),
    bot.state === "stopped"
      ? h("button", { type: "button", class: "job good", data: { focus: "power", bot: "start" }, onclick: () => act("bot", { name: "start" }) }, "Start it again")
      : h("button", { type: "button", class: "job bad", data: { focus: "power", bot: "kill" }, disabled: bot.state !== "running", title: "kill -9, in the middle of whatever it does", onclick: () => act("bot", { name: "kill" }) }, "Kill it (kill -9)"),
  ]);
}
