// The two boxes to write in: Enter sends, Shift+Enter breaks the line, `/` offers the verbs.

import { act } from "./api.js";
import { $, h, toast } from "./dom.js";
import { here, page } from "./model.js";
import { say } from "./slack.js";

const VERBS = [
  ["list", "my open incidents"], ["list all", "everybody's"], ["show #3", "an incident's card"], ["ack #3", "acknowledge"],
  ["note #3 disk is full", "add a note"], ["notes #3", "read them"], ["resolve #3 restarted it", "resolve, and say how"],
  ["reassign #3 @bob -- knows the database", "hand over"], ["take #2", "assign it to me, and acknowledge"],
  ["snooze #3 2h", "quiet until then"], ["escalate #3", "call the next level"], ["add #3 @cleo -- the replica lags", "ask others to join"],
  ["priority #3 P2", "set its priority"], ["trigger service:Billing nobody can pay", "open an incident"], ["oncall", "who is on call now"],
  ["undo", "take back what I just did"], ["status #3 resolved", "by name"], ["update #3 --status resolved --resolution restarted it", "all in one go"],
  ["reopen #3", "back to triggered"], ["jobs", "which job messages are watched"], ["whoami", "who PagerDuty thinks I am"],
  ["link", "what connects me with PagerDuty"], ["unlink", "who can end that"], ["help", "the same, and more"],
];
const history = [];
let looking = 0;
let marked = -1;

export function prepareComposer() {
  const box = $("composer");
  prepare(box, $("composer-form"), (text) => say(text));
  prepare($("reply"), $("reply-form"), (text) => {
    if (text.startsWith("/")) toast(`${text.split(" ")[0]} is not supported in threads. Sorry! Mention the bot instead: @pdbot ${text.split(" ").slice(1).join(" ") || "list"}`, "bad");
    else say(text, page.thread);
    return undefined;
  });
  box.addEventListener("input", suggest);
  box.addEventListener("blur", () => setTimeout(() => {
    if (document.activeElement !== box) $("suggestions").hidden = true; // who came back goes on typing
  }, 150));
  $("shortcuts").addEventListener("click", async () => {
    const [one] = page.scene.shortcuts.global;
    await act("shortcut", { who: page.me, callback_id: one.callback_id });
  });
  $("shortcuts").title = page.scene.shortcuts.global.map((one) => one.label).join(", ");
}

export function showComposer() {
  const place = here();
  $("composer").placeholder = place.is_im ? "Message pdbot: list, whoami … no mention needed" : `Message #${place.name}: /pd list, or @pdbot list`;
  $("composer-hint").textContent = "Enter sends · / lists the commands";
}

/** Put words into the box as a person would type them. */
export async function type(text) {
  const box = $("composer");
  box.focus();
  for (let end = 1; end <= text.length; end += 1) {
    box.value = text.slice(0, end);
    await new Promise((next) => setTimeout(next, 18));
  }
  await new Promise((next) => setTimeout(next, 220));
  $("composer-form").requestSubmit();
}

function prepare(box, form, send) {
  const grow = () => {
    box.rows = Math.min(8, Math.max(1, box.value.split("\n").length));
  };
  box.addEventListener("input", grow);
  box.addEventListener("keydown", (event) => {
    const list = $("suggestions");
    const isOpen = box.id === "composer" && !list.hidden;
    if (isOpen && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (isOpen && marked >= 0 && ["Enter", "Tab"].includes(event.key) && !event.shiftKey) {
      event.preventDefault();
      take(list.children[marked].dataset.text);
    } else if (isOpen && event.key === "Escape") {
      list.hidden = true;
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "ArrowUp" && !box.value && history.length) {
      event.preventDefault();
      looking = Math.max(0, looking - 1);
      box.value = history[looking];
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    grow();
    $("suggestions").hidden = true;
    history.push(text);
    looking = history.length;
    send(text);
  });
}

function suggest() {
  const typed = $("composer").value;
  const list = $("suggestions");
  const command = page.state.slack.command;
  const isCommand = typed.startsWith("/") && !typed.includes("\n") && `${command} `.startsWith(typed.slice(0, command.length + 1));
  const rest = typed.slice(command.length + 1);
  const found = isCommand && !/\s\S*\s/u.test(typed) ? VERBS.filter(([verb]) => verb.startsWith(rest)) : [];
  marked = -1;
  list.hidden = !found.length;
  $("composer").removeAttribute("aria-activedescendant");
  list.replaceChildren(...found.map(([verb, does], index) =>
    h("div", { class: "option", role: "option", id: `suggestion-${index}`, data: { text: `${command} ${verb}` }, onmousedown: (event) => { event.preventDefault(); take(`${command} ${verb}`); } },
      h("b", {}, `${command} ${verb}`), h("small", {}, does))));
}

function move(step) {
  const children = [...$("suggestions").children];
  marked = (marked + step + children.length + (marked < 0 && step < 0 ? 1 : 0)) % children.length;
  children.forEach((node, index) => node.classList.toggle("active", index === marked));
  children[marked].scrollIntoView({ block: "nearest" });
  $("composer").setAttribute("aria-activedescendant", children[marked].id);
}

function take(text) {
  $("composer").value = text;
  $("suggestions").hidden = true;
  $("composer").focus();
}
