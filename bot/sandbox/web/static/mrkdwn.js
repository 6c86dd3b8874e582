// Slack's mrkdwn as elements. Everything that people wrote ends as a text node.
// https://docs.slack.dev/messaging/formatting-message-text

import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { channel, incidentAt, page, user } from "./model.js";

const INLINE = new RegExp(
  [
    "(?<entity><[^<>\\n]+>)",
    "(?<code>`[^`\\n]+`)",
    "(?<bold>(?<![\\w*])\\*(?=\\S)[^\\n]*?(?<=\\S)\\*(?![\\w*]))",
    "(?<italic>(?<![\\w_])_(?=\\S)[^\\n]*?(?<=\\S)_(?![\\w_]))",
    "(?<strike>(?<![\\w~])~(?=\\S)[^\\n]*?(?<=\\S)~(?![\\w~]))",
    ":(?<emoji>[a-z0-9_+-]+):",
  ].join("|"),
  "gu",
);

export const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export function mrkdwn(text) {
  const parts = [];
  text.split("```").forEach((part, index) => {
    if (index % 2) parts.push(h("pre", {}, unescape(part.replace(/^\n|\n$/gu, ""))));
    else parts.push(...lines(part));
  });
  return parts;
}

function lines(text) {
  const found = [];
  let quote = null;
  text.split("\n").forEach((line, index) => {
    if (line.startsWith("&gt;")) {
      if (quote) quote.append(h("br"));
      else found.push((quote = h("blockquote")));
      quote.append(...inline(line.slice(4).trimStart()));
      return;
    }
    if (index && !quote) found.push(h("br"));
    quote = null;
    found.push(...inline(line));
  });
  return found;
}

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(unescape(text.slice(end, found.index)));
    end = found.index + found[0].length;
    nodes.push(token(found));
  }
  nodes.push(unescape(text.slice(end)));
  return nodes.filter((node) => node !== "");
}

function token(found) {
  const whole = found[0];
  const { entity: reference, code, bold, italic, strike } = found.groups;
  if (reference) return entity(reference.slice(1, -1));
  if (code) return h("code", {}, unescape(code.slice(1, -1)));
  if (bold) return h("b", {}, ...inline(whole.slice(1, -1)));
  if (italic) return h("i", {}, ...inline(whole.slice(1, -1)));
  if (strike) return h("s", {}, ...inline(whole.slice(1, -1)));
  return emoji(found.groups.emoji);
}

function entity(body) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? null : body.slice(bar + 1);
  const id = target.slice(1);
  if (target.startsWith("@")) return h("span", { class: id === page.me ? "mention me" : "mention" }, `@${user(id)?.real_name ?? label ?? id}`);
  if (target.startsWith("#")) return h("span", { class: "mention" }, `#${channel(id)?.name ?? label ?? id}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return h("span", { class: "mention me" }, label ?? `@${id.split("^")[0]}`);
  return link(unescape(target), label);
}

/** A link of PagerDuty leads to the incident on the right; of all others only the address is said. */
export function link(url, label) {
  const shown = label === null ? [url.replace(/^mailto:/u, "")] : inline(label);
  const incident = incidentAt(url);
  if (incident) return h("a", { href: `#incident-${incident.number}`, data: { incident: incident.id }, title: "Shown on the right" }, ...shown);
  if (!/^(https?:|mailto:)/u.test(url)) return h("span", {}, ...shown);
  return h("a", { href: "#outside", data: { outside: url }, title: url }, ...shown);
}

const FORMATS = {
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
};

function date(target, fallback) {
  const [, seconds, format] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime()) || !format) return fallback ?? target;
  const text = unescape(format).replace(/\{(\w+)\}/gu, (whole, name) => {
    const isPretty = name.endsWith("_pretty");
    const plain = name.replace(/_pretty$/u, "");
    if (!FORMATS[plain]) return whole;
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
    if (isPretty && days in { 0: 1, 1: 1, "-1": 1 }) return { 0: "today", 1: "yesterday", "-1": "tomorrow" }[days];
    return new Intl.DateTimeFormat(undefined, FORMATS[plain]).format(at);
  });
  return h("time", { datetime: at.toISOString(), title: at.toLocaleString() }, text);
}
