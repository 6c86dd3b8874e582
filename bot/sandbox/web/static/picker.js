// A select that filters as one types; for one value, several, or a menu. Keyboard: arrows, Enter,
// Escape, Backspace takes the last one away. Follows the WAI-ARIA combobox pattern.

import { h } from "./dom.js";

let count = 0;

export function picker({ kind, id, label, placeholder, labelledby, describedby, offers, known = [], chosen, most, change }) {
  count += 1;
  const listId = `picker-${count}`;
  const labels = new Map(known.map((one) => [one.value, one.label]));
  let values = [...chosen];
  let shown = [];
  let active = -1;
  let asking = 0;

  const list = h("div", { class: "options", id: listId, role: kind === "menu" ? "menu" : "listbox", hidden: true, "aria-label": label });
  const field = kind === "menu"
    ? h("button", { type: "button", class: "bk-button menu", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": label, onclick: () => (list.hidden ? open() : close()) }, placeholder)
    : h("input", {
      id, type: "text", role: "combobox", autocomplete: "off", placeholder, "aria-expanded": "false", "aria-controls": listId,
      "aria-autocomplete": "list", "aria-labelledby": labelledby, "aria-label": labelledby ? undefined : label, "aria-describedby": describedby,
      onclick: () => open(), oninput: () => open(),
    });
  const pills = h("span", { class: "pills" });
  const box = h("div", { class: `picker ${kind}`, onkeydown: keys, onfocusout: (event) => { if (!box.contains(event.relatedTarget)) close(); } }, pills, field, list);

  async function open() {
    asking += 1;
    const turn = asking;
    const typed = field.value ?? "";
    const isAnswer = kind === "one" && values.length && typed === labels.get(values[0]);
    const wanted = isAnswer ? "" : typed.toLowerCase();
    const found = await offers(wanted);
    if (turn !== asking || !box.contains(document.activeElement)) return;
    for (const one of found ?? []) labels.set(one.value, one.label);
    shown = (found ?? []).filter((one) => (kind === "menu" || `${one.label} ${one.note ?? ""}`.toLowerCase().includes(wanted)) && !(kind === "several" && values.includes(one.value)));
    active = shown.length ? 0 : -1;
    list.replaceChildren(...shown.map((one, index) =>
      h("div", { class: "option", role: kind === "menu" ? "menuitem" : "option", id: `${listId}-${index}`, "aria-selected": String(values.includes(one.value)),
        onmousedown: (event) => { event.preventDefault(); take(one); } },
      one.label, one.note ? h("small", {}, ` ${one.note}`) : null)));
    if (!shown.length) list.replaceChildren(h("div", { class: "option none" }, found === null ? "Type a little more…" : "Nothing fits."));
    list.hidden = false;
    place();
    field.setAttribute("aria-expanded", "true");
    mark();
  }

  /** Over everything, so that nothing moves below the pointer when it opens or closes. */
  function place() {
    const { left, right, top, bottom, width } = box.getBoundingClientRect();
    const isBelow = bottom + list.offsetHeight + 8 < innerHeight || top < list.offsetHeight + 8;
    for (const [name, value] of [["left", kind === "menu" ? Math.max(8, right - list.offsetWidth) : left], ["min-width", width], ["top", isBelow ? bottom + 4 : top - list.offsetHeight - 4]]) {
      list.style.setProperty(name, `${value}px`);
    }
  }

  function close() {
    asking += 1;
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    if (kind === "one") field.value = labels.get(values[0]) ?? "";
  }

  function mark() {
    [...list.children].forEach((node, index) => node.classList.toggle("active", index === active));
    if (active >= 0) {
      field.setAttribute("aria-activedescendant", `${listId}-${active}`);
      list.children[active]?.scrollIntoView({ block: "nearest" });
    }
  }

  function take(one) {
    if (kind === "menu") {
      close();
      change([one.value]);
      return;
    }
    if (kind === "several") {
      if (most && values.length >= most) return;
      values = [...values, one.value];
      field.value = "";
    } else values = [one.value];
    draw();
    change(values);
    close();
  }

  function drop(value) {
    values = values.filter((one) => one !== value);
    draw();
    change(values);
  }

  function draw() {
    if (kind === "several") {
      pills.replaceChildren(...values.map((value) => h("span", { class: "pill" }, labels.get(value) ?? value,
        h("button", { type: "button", "aria-label": `Remove ${labels.get(value) ?? value}`, onclick: () => drop(value) }, "×"))));
    } else if (kind === "one") {
      field.value = labels.get(values[0]) ?? "";
      pills.replaceChildren(...(values.length ? [h("button", { type: "button", class: "clear", "aria-label": "Clear the choice", onclick: () => drop(values[0]) }, "×")] : []));
    }
  }

  function keys(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open();
      else if (shown.length) {
        active = (active + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length;
        mark();
      }
    } else if (event.key === "Enter" && !list.hidden && active >= 0 && event.target === field) {
      event.preventDefault();
      take(shown[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Backspace" && kind === "several" && !field.value && values.length) drop(values.at(-1));
  }

  draw();
  return box;
}
