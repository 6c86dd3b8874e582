// Six steps, one sentence and one thing to do each. A step is done when it has happened, however.

import { $, h } from "./dom.js";
import { type } from "./composer.js";
import { happen } from "./desk.js";
import { page, visible } from "./model.js";
import { be, goTo, openThread } from "./slack.js";

let step = -1;
let since = null; // what was there when the step began
let wasDone = false;

const incident = () => page.state.pagerduty.incidents.find((one) => one.number === since.number);
const answers = () => visible(page.state.slack.channels.find((one) => one.id === page.scene.start.channel)).filter((one) => one.ephemeral).length;
const alertOf = () => page.state.pagerduty.incidents.find((one) => one.log.some((entry) => entry.by === one.service) && one.title.includes("Database backup"));
const jobMessage = () => page.state.slack.channels.find((one) => one.id === page.scene.jobs_channel).messages.find((one) => one.reply_count);
const press = (action) => [...document.querySelectorAll(`[data-action="${action}"]`)].at(-1);
const first = () => goTo(page.scene.start.channel);

const STEPS = [
  {
    title: "Ask what is open", says: "You are Ann, on call. A slash command answers only you.",
    todo: "Type /pd list into the box, and press Enter", target: () => $("composer-form"), enter: () => { first(); $("composer").focus(); },
    help: () => type("/pd list"), done: () => answers() > since.answers,
  },
  {
    title: "Acknowledge it", says: "Each incident comes with its buttons; watch it change in PagerDuty as well.",
    todo: "Press Acknowledge", target: () => press("acknowledge") ?? $("messages"), enter: first,
    help: () => press("acknowledge")?.click(), done: () => incident()?.status !== "triggered",
  },
  {
    title: "Write down what you know", says: "A note lands on the incident in your own name, not in a bot's.",
    todo: "Press Note…, write a line, and send it", target: () => ($("modal").open ? null : press("note") ?? $("messages")), enter: first,
    help: () => type("/pd note #3 WAL files piled up, archiving is stuck"), done: () => (incident()?.notes.length ?? 0) > since.notes,
  },
  {
    title: "A job fails", says: "Rundeck posts to #jobs as always, and the bot turns its message into an alert.",
    todo: "Press “Nightly backup fails” at the bottom", target: () => document.querySelector('[data-job="rundeck-fail"]'), enter: () => goTo(page.scene.jobs_channel),
    help: () => happen("rundeck-fail"), done: () => alertOf() && jobMessage(),
  },
  {
    title: "The card is in the thread", says: "Below the job's message is the incident's card, and everybody in the channel can act on it.",
    todo: "Open the thread: press “1 reply”", target: () => document.querySelector("#messages .replies"), enter: () => goTo(page.scene.jobs_channel),
    help: () => openThread(jobMessage()?.ts ?? null), done: () => Boolean(page.thread),
  },
  {
    title: "The job recovers", says: "When the next run succeeds the alert resolves itself, and its card says so.",
    todo: "Press “Nightly backup succeeds” at the bottom", target: () => document.querySelector('[data-job="rundeck-success"]'), enter: () => {},
    help: () => happenHere("rundeck-success"), done: () => alertOf()?.status === "resolved",
  },
];

function happenHere(name) {
  const thread = page.thread;
  const told = happen(name);
  if (thread) openThread(thread);
  return told;
}

export function startTour() {
  be(page.scene.start.user);
  go(0);
}

export function stopTour() {
  step = -1;
  $("tour").hidden = true;
  light(null);
  localStorage.setItem("pdbot-tour", "seen");
}

function go(to) {
  const mine = page.state.pagerduty.incidents.find((one) => one.number === 3);
  since = { number: 3, notes: mine?.notes.length ?? 0, answers: answers() };
  step = to;
  wasDone = false;
  light(null);
  draw();
  if (step === STEPS.length) return;
  STEPS[step].enter();
}

export function showTour() {
  if (step < 0 || step >= STEPS.length) return;
  const isDone = Boolean(STEPS[step].done());
  if (isDone && !wasDone) {
    wasDone = true;
    draw();
    $("tour").querySelector(".next")?.focus({ preventScroll: true });
  }
  light(wasDone ? null : STEPS[step].target());
}

function light(node) {
  for (const lit of document.querySelectorAll(".lit")) if (lit !== node) lit.classList.remove("lit");
  node?.classList.add("lit");
}

function draw() {
  const box = $("tour");
  box.hidden = false;
  const dots = h("div", { class: "dots", "aria-hidden": "true" }, STEPS.map((_, index) => h("i", { class: index < step ? "past" : index === step ? "now" : "" })));
  if (step === STEPS.length) {
    box.replaceChildren(dots, h("div", {}, h("h2", {}, "That was it. Now break something"),
      h("p", {}, "Switch PagerDuty to Down, let a job fail, kill the bot and start it again: under “The bot” you see what waits. Switch PagerDuty back to Fine, and it is sent. Nothing is lost.")),
      h("div", { class: "tour-foot" }, h("button", { type: "button", class: "bk-button primary next", onclick: stopTour }, "Look around")));
    box.querySelector(".next").focus({ preventScroll: true });
    return;
  }
  const one = STEPS[step];
  box.replaceChildren(dots, h("div", {}, h("h2", {}, h("small", {}, `${step + 1} of ${STEPS.length}`), " ", one.title),
    h("p", {}, one.says, " ", h("b", { class: wasDone ? "todo done" : "todo" }, wasDone ? "✓ Done." : `→ ${one.todo}.`))),
    h("div", { class: "tour-foot" },
      wasDone ? null : h("button", { type: "button", class: "bk-button help", onclick: () => one.help() }, "Do it for me"),
      wasDone ? h("button", { type: "button", class: "bk-button primary next", onclick: () => go(step + 1) }, step + 1 === STEPS.length ? "Finish" : "Next") : null,
      h("button", { type: "button", class: "link skip-tour", onclick: stopTour }, "Skip")));
}
