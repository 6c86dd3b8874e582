// The topmost modal of the present user, and the dialog that asks before a button takes effect.

import { act } from "./api.js";
import { blocks, textObject } from "./blocks.js";
import { $, h } from "./dom.js";
import { page } from "./model.js";

let shown = ""; // the print of what is drawn
let form = new Map();
let formOf = "";

export function showModal() {
  const dialog = $("modal");
  const stack = page.state.slack.views[page.me] ?? [];
  const view = stack.at(-1);
  if (!view) {
    if (dialog.open) dialog.close();
    shown = "";
    formOf = "";
    return;
  }
  const print = `${page.me} ${view.id} ${view.hash}`;
  if (print === shown) return;
  if (formOf !== view.id) form = new Map();
  [shown, formOf] = [print, view.id];
  draw(dialog, view);
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector(".modal-body input, .modal-body textarea, .modal-body button") ?? dialog.querySelector("button")).focus();
}

function draw(dialog, view) {
  const leave = () => act("close", { who: page.me, view: view.id });
  dialog.oncancel = (event) => { event.preventDefault(); leave(); };
  dialog.setAttribute("aria-labelledby", "modal-title");
  dialog.replaceChildren(h("form", { method: "dialog", novalidate: true, onsubmit: (event) => { event.preventDefault(); submit(dialog, view); } },
    h("header", {}, h("h2", { id: "modal-title" }, textObject(view.title)), h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: leave }, "✕")),
    h("div", { class: "modal-body" }, blocks(view.blocks, { view: view.id }, form), h("p", { class: "trouble", role: "alert" })),
    h("footer", {},
      h("span", { class: "by" }, "pdbot"),
      h("span", { class: "grow" }),
      h("button", { type: "button", class: "bk-button", onclick: leave }, view.close ? textObject(view.close) : "Close"),
      view.submit ? h("button", { type: "submit", class: "bk-button primary submit" }, textObject(view.submit)) : null)));
}

async function submit(dialog, view) {
  const inputs = view.blocks.filter((block) => block.type === "input");
  const missing = inputs.filter((block) => !block.optional && isEmpty(form.get(block.block_id)));
  showErrors(dialog, Object.fromEntries(missing.map((block) => [block.block_id, "Please complete this required field."])));
  if (missing.length) return;
  const button = dialog.querySelector(".submit");
  button.disabled = true;
  const values = Object.fromEntries(inputs.map((block) => [block.block_id, form.get(block.block_id) ?? null]));
  const answer = await act("submit", { who: page.me, view: view.id, values });
  button.disabled = false;
  showErrors(dialog, answer.errors ?? {});
  dialog.querySelector(".trouble").textContent = answer.ok ? "" : answer.problem;
}

const isEmpty = (value) => value === null || value === undefined || value.length === 0;

function showErrors(dialog, errors) {
  let first = null;
  for (const node of dialog.querySelectorAll(".block.input")) {
    const said = errors[node.dataset.block];
    const field = node.querySelector("input, textarea");
    node.querySelector(".input-error").textContent = said ?? "";
    node.classList.toggle("wrong", Boolean(said));
    if (!field) continue;
    if (said) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    if (said && !first) first = field;
  }
  first?.focus();
}

export function confirmed(asked) {
  const dialog = $("confirm");
  return new Promise((answer) => {
    const end = (value) => { dialog.close(); answer(value); };
    dialog.oncancel = () => answer(false);
    dialog.setAttribute("aria-labelledby", "confirm-title");
    dialog.replaceChildren(
      h("header", {}, h("h2", { id: "confirm-title" }, asked.title ? textObject(asked.title) : "Are you sure?")),
      h("div", { class: "modal-body" }, h("p", {}, textObject(asked.text))),
      h("footer", {}, h("span", { class: "grow" }),
        h("button", { type: "button", class: "bk-button", onclick: () => end(false) }, asked.deny ? textObject(asked.deny) : "Cancel"),
        h("button", { type: "button", class: `bk-button ${asked.style ?? "primary"}`, onclick: () => end(true) }, asked.confirm ? textObject(asked.confirm) : "Yes")));
    dialog.showModal();
  });
}
