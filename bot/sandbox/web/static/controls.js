// What a person can use in blocks: buttons, selects, fields. In a form (`form`: block_id -> value)
// values are kept until it is submitted; elsewhere each use is sent at once.

import { act } from "./api.js";
import { textObject } from "./blocks.js";
import { h } from "./dom.js";
import { confirmed } from "./modal.js";
import { picker } from "./picker.js";
import { page } from "./model.js";

const sent = (at, one, value) => act("choose", { who: page.me, ...at, action_id: one.action_id, value });

/** Ask first, where the element says so. */
async function asked(one, then) {
  if (!one.confirm || (await confirmed(one.confirm))) return then();
  return undefined;
}

function keep(one, block, at, form) {
  return (value) => {
    if (form) form.set(block.block_id, value);
    const isSentAtOnce = block.type !== "input" || block.dispatch_action;
    if (isSentAtOnce) asked(one, () => sent(at, one, value));
  };
}

function button(one, block, at) {
  const press = async (event) => {
    const pressed = event.currentTarget;
    pressed.disabled = true;
    await asked(one, () => act("click", { who: page.me, ...at, action_id: one.action_id, value: one.value ?? null }));
    pressed.disabled = false;
    if (document.activeElement === document.body) pressed.focus({ preventScroll: true });
  };
  return h("button", {
    type: "button", class: `bk-button ${one.style ?? ""}`, onclick: press, "aria-label": one.accessibility_label,
    data: { action: one.action_id, focus: `${one.action_id} ${one.value ?? ""}` },
  }, textObject(one.text));
}

function written(type, one, block, at, form, id) {
  const first = form?.get(block.block_id) ?? one.initial_value ?? "";
  const changed = keep(one, block, at, form);
  const props = {
    id, value: first, placeholder: one.placeholder?.text, minlength: one.min_length, maxlength: one.max_length,
    "aria-describedby": `${id}-error ${id}-hint`, autofocus: one.focus_on_load, data: { focus: one.action_id },
    oninput: (event) => form?.set(block.block_id, event.target.value),
    onchange: (event) => { if (!form || block.dispatch_action) changed(event.target.value); },
  };
  form?.set(block.block_id, first);
  if (one.multiline) return h("textarea", { ...props, rows: 4 });
  return h("input", { ...props, type, step: one.is_decimal_allowed ? "any" : undefined });
}

function dated(type, initial) {
  return (one, block, at, form, id) => {
    const first = form?.get(block.block_id) ?? one[initial] ?? "";
    form?.set(block.block_id, first);
    return h("input", { type, id, value: String(first), "aria-label": one.placeholder?.text, onchange: (event) => keep(one, block, at, form)(event.target.value) });
  };
}

const options = (one) => [
  ...(one.options ?? []),
  ...(one.option_groups ?? []).flatMap((group) => group.options),
].map((option) => ({ value: option.value, label: option.text.text }));

function boxes(type) {
  return (one, block, at, form, id) => {
    const initial = one.initial_options ?? (one.initial_option ? [one.initial_option] : []);
    const chosen = new Set(form?.get(block.block_id) ?? initial.map((option) => option.value));
    const changed = keep(one, block, at, form);
    const tell = () => changed(type === "radio" ? [...chosen][0] ?? null : [...chosen]);
    form?.set(block.block_id, type === "radio" ? [...chosen][0] ?? null : [...chosen]);
    return h("fieldset", { id, class: "boxes" }, (one.options ?? []).map((option) =>
      h("label", {}, h("input", {
        type, name: id ?? one.action_id, checked: chosen.has(option.value),
        onchange: (event) => {
          if (type === "radio") chosen.clear();
          if (event.target.checked) chosen.add(option.value); else chosen.delete(option.value);
          tell();
        },
      }), " ", textObject(option.text))));
  };
}

function overflow(one, block, at) {
  return picker({
    kind: "menu", label: "More actions", placeholder: "⋯", offers: () => options(one), chosen: [],
    change: ([value]) => asked(one, () => sent(at, one, value)),
  });
}

const people = () => page.state.slack.users.filter((one) => !one.is_bot).map((one) => ({ value: one.id, label: one.real_name, note: `@${one.name}` }));
const rooms = () => page.state.slack.channels.filter((one) => !one.is_im).map((one) => ({ value: one.id, label: `#${one.name}` }));

/** Selects, one and several: where the options come from, and what is chosen at first. */
function select(isMulti, offersOf, initialOf) {
  return (one, block, at, form, id) => {
    const initial = initialOf(one);
    const chosen = form?.get(block.block_id) ?? initial.map((option) => option.value);
    const changed = keep(one, block, at, form);
    form?.set(block.block_id, isMulti ? chosen : chosen[0] ?? chosen ?? null);
    return picker({
      kind: isMulti ? "several" : "one", id, label: one.placeholder?.text ?? one.action_id, placeholder: one.placeholder?.text ?? "Choose",
      labelledby: id ? `${id}-label` : undefined, describedby: id ? `${id}-error ${id}-hint` : undefined,
      offers: offersOf(one, at), known: initial, chosen: [chosen].flat().filter(Boolean), most: one.max_selected_items,
      change: (values) => changed(isMulti ? values : values[0] ?? null),
    });
  };
}

const given = (one) => () => options(one);
const external = (one, at) => async (typed) => {
  if (typed.length < (one.min_query_length ?? 3)) return null;
  const answer = await act("options", { who: page.me, ...at, action_id: one.action_id, typed });
  return (answer.options ?? []).map((option) => ({ value: option.value, label: option.text.text }));
};
const named = (option) => (option ? [{ value: option.value, label: option.text.text }] : []);
const ids = (offers) => (values) => offers().filter((offer) => [values].flat().filter(Boolean).includes(offer.value));

const CONTROLS = {
  button,
  overflow,
  plain_text_input: (...all) => written("text", ...all),
  email_text_input: (...all) => written("email", ...all),
  url_text_input: (...all) => written("url", ...all),
  number_input: (...all) => written("number", ...all),
  datepicker: dated("date", "initial_date"),
  timepicker: dated("time", "initial_time"),
  checkboxes: boxes("checkbox"),
  radio_buttons: boxes("radio"),
  static_select: select(false, given, (one) => named(one.initial_option)),
  multi_static_select: select(true, given, (one) => (one.initial_options ?? []).flatMap(named)),
  external_select: select(false, external, (one) => named(one.initial_option)),
  multi_external_select: select(true, external, (one) => (one.initial_options ?? []).flatMap(named)),
  users_select: select(false, () => people, (one) => ids(people)(one.initial_user)),
  multi_users_select: select(true, () => people, (one) => ids(people)(one.initial_users)),
  channels_select: select(false, () => rooms, (one) => ids(rooms)(one.initial_channel)),
  conversations_select: select(false, () => rooms, (one) => ids(rooms)(one.initial_conversation)),
};

export const isControl = (type) => Object.hasOwn(CONTROLS, type);

export function control(one, block, at, form, id) {
  return CONTROLS[one.type](one, block, at, form, id);
}
