// The client on the left: places, messages, threads, the home tab.

import { act } from "./api.js";
import { attachment, blocks, withEmoji } from "./blocks.js";
import { $, clock, h, keyed, once, svg } from "./dom.js";
import { emoji } from "./emoji.js";
import { channel, direct, here, isReply, page, refresh, user, visible } from "./model.js";
import { mrkdwn } from "./mrkdwn.js";

const TOPICS = {
  incidents: "Where people talk. Try /pd list, /pd help, or @pdbot list",
  jobs: "Where Rundeck, Jenkins and GitHub post. The bot reads along",
};
const HUES = [200, 18, 262, 150, 330, 45];

export function goTo(place, tab = page.tab) {
  page.place = place;
  page.tab = tab;
  page.thread = null;
  if (place === "app" && tab === "home") act("home", { who: page.me });
  refresh();
  const box = $("messages");
  box.scrollTop = box.scrollHeight;
}

export function openThread(ts) {
  page.thread = ts;
  refresh();
  $("reply").focus();
}

export function be(id) {
  page.me = id;
  page.thread = null;
  if (page.place === "app" && page.tab === "home") act("home", { who: id });
  refresh();
}

export function showSlack() {
  showPlaces();
  const place = here();
  const isHome = page.place === "app" && page.tab === "home";
  $("room-name").textContent = page.place === "app" ? "pdbot" : `# ${place.name}`;
  $("room-topic").textContent = page.place === "app" ? "" : TOPICS[place.name] ?? "";
  showTabs();
  $("messages").hidden = isHome;
  $("composer-form").hidden = isHome;
  $("home").hidden = !isHome;
  if (isHome) showHome();
  else showMessages($("messages"), visible(place).filter((one) => !isReply(one)), place);
  showThread(place);
}

// ---------------------------------------------------------------- places

function newest(place) {
  return visible(place).at(-1)?.ts ?? "0";
}

function isUnread(place) {
  const mine = visible(place).filter((one) => one.user !== page.me);
  return mine.length && Number(mine.at(-1).ts) > Number(page.seen.get(`${page.me} ${place.id}`) ?? page.loaded ?? 0);
}

function showPlaces() {
  page.seen.set(`${page.me} ${here().id}`, newest(here()));
  const rooms = page.state.slack.channels.filter((one) => !one.is_im);
  const print = JSON.stringify([page.place, page.me, rooms.map((one) => [one.id, one.name, isUnread(one)]), isUnread(direct())]);
  once($("places"), print, () => [
    h("h3", {}, "Channels"),
    rooms.map((one) => placeButton(one.id, [h("span", { class: "sign" }, "#"), one.name], isUnread(one))),
    h("h3", {}, "Apps"),
    placeButton("app", [avatar({ bot_profile: { name: "pdbot" }, own: true }), "pdbot"], isUnread(direct())),
    h("h3", {}, "You can be"),
    page.scene.players.map((id) =>
      h("button", { type: "button", class: id === page.me ? "place here" : "place", "aria-pressed": String(id === page.me), data: { focus: `be ${id}` }, onclick: () => be(id) },
        avatar({ user: id }), user(id).real_name)),
  ]);
}

function placeButton(id, children, unread) {
  return h("button", {
    type: "button", class: `place ${page.place === id ? "here" : ""} ${unread ? "unread" : ""}`, data: { focus: `go ${id}`, place: id },
    "aria-current": page.place === id ? "page" : undefined, onclick: () => goTo(id),
  }, children, unread ? h("span", { class: "sr" }, " (unread)") : null);
}

function showTabs() {
  $("home-tabs").hidden = page.place !== "app";
  once($("home-tabs"), `${page.place} ${page.tab}`, () => ["home", "messages"].map((name) =>
    h("button", { type: "button", role: "tab", "aria-selected": String(page.tab === name), data: { focus: name }, onclick: () => goTo("app", name) }, name === "home" ? "Home" : "Messages")));
}

function showHome() {
  const view = page.state.slack.homes[page.me];
  once($("home"), `${page.me} ${view?.hash}`, () => (view ? blocks(view.blocks, { view: view.id }) : [h("p", { class: "empty" }, "The bot has not published a home tab for you yet.")]));
}

// ---------------------------------------------------------------- messages

const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 60;

function showMessages(box, messages, place) {
  const wasAtEnd = isAtEnd(box);
  const before = box.dataset.place;
  box.dataset.place = `${place.id} ${page.me}`;
  if (!messages.length) {
    box.replaceChildren(h("p", { class: "empty", data: { key: "empty" } }, "Nothing here yet."));
    return;
  }
  const shown = messages.map((message, index) => ({ message, follows: follows(message, messages[index - 1]) }));
  const replies = (one) => place.messages.filter((other) => isReply(other) && other.thread_ts === one.ts);
  keyed(box, shown, {
    key: ({ message }) => `${message.ts}${message.ephemeral ? "e" : ""}`,
    print: ({ message, follows: short }) => JSON.stringify([message, short, page.me, replies(message).length, box.id]),
    build: ({ message, follows: short }, old) => {
      const node = messageNode(message, place, { short, replies: box.id === "messages" ? replies(message) : [] });
      if (!old && page.loaded && Number(message.ts) > Math.max(page.loaded, Date.now() / 1000 - 4)) node.classList.add("new");
      return node;
    },
  });
  if (wasAtEnd || before !== box.dataset.place) box.scrollTop = box.scrollHeight;
}

function follows(message, before) {
  if (!before || message.ephemeral || before.ephemeral) return false;
  return authorOf(message) === authorOf(before) && message.ts - before.ts < 240;
}

const authorOf = (message) => message.user ?? message.username ?? message.bot_id;

function nameOf(message) {
  return message.username ?? message.bot_profile?.name ?? user(message.user)?.real_name ?? "somebody";
}

function avatar(message) {
  const name = nameOf(message);
  const isBot = Boolean(message.bot_id || message.bot_profile || message.subtype === "bot_message");
  if (message.own || message.bot_id === "B0PDBOT" || name === page.state.slack.bot.name) return h("img", { class: "avatar", src: "icon.svg", alt: "" });
  const player = page.scene.players.indexOf(message.user); // each their own color; the tools by their names
  const hue = HUES[(player >= 0 ? player : [...name].reduce((sum, one) => sum + one.codePointAt(0), 0)) % HUES.length];
  const letters = isBot ? name.slice(0, 1) : name.split(" ").map((part) => part[0]).join("").slice(0, 2);
  return h("span", { class: `avatar letters ${isBot ? "app" : ""}`, "aria-hidden": "true", vars: { "--hue": String(hue) } }, letters);
}

function messageNode(message, place, { short, replies }) {
  const at = { channel: place.id, ts: message.ts };
  const name = nameOf(message);
  const isBot = Boolean(message.bot_id);
  return h("article", { class: `message ${message.ephemeral ? "ephemeral" : ""} ${short ? "short" : ""}`, "aria-label": `${name}, ${clock(Number(message.ts))}`, data: { ts: message.ts } },
    short ? h("span", { class: "gutter" }, clock(Number(message.ts))) : avatar(message),
    h("div", { class: "body" },
      message.ephemeral ? h("div", { class: "only-you" }, eye(), "Only visible to you") : null,
      short ? null : h("div", { class: "head" }, h("b", {}, name), isBot ? h("span", { class: "app-badge" }, "APP") : null, h("time", {}, clock(Number(message.ts)))),
      content(message, at),
      reactions(message),
      replies.length ? threadLink(message, replies) : null),
    toolbar(message, at, place));
}

function eye() {
  return svg("svg", { viewBox: "0 0 20 20", class: "eye", "aria-hidden": "true" },
    svg("path", { d: "M1.5 10S4.5 4.5 10 4.5 18.5 10 18.5 10 15.5 15.5 10 15.5 1.5 10 1.5 10z", fill: "none", stroke: "currentColor", "stroke-width": 1.6 }),
    svg("circle", { cx: 10, cy: 10, r: 2.6, fill: "currentColor" }));
}

function content(message, at) {
  const edited = message.edited && !message.bot_id ? h("small", { class: "edited" }, " (edited)") : null;
  const attached = (message.attachments ?? []).map((one) => attachment(one, at));
  if (message.blocks?.length) return [blocks(message.blocks, at), attached];
  return [message.text ? h("div", { class: "text" }, mrkdwn(message.text), edited) : null, attached];
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions" }, message.reactions.map((one) =>
    h("span", { class: "reaction", title: `:${one.name}: by ${one.users.map((id) => user(id)?.real_name ?? id).join(", ")}` }, emoji(one.name), h("b", {}, String(one.count)))));
}

function threadLink(message, replies) {
  const faces = [...new Map(replies.map((one) => [authorOf(one), one])).values()].slice(0, 3);
  return h("button", { type: "button", class: "replies", data: { focus: "replies", thread: message.ts }, onclick: () => openThread(message.ts) },
    faces.map(avatar), h("b", {}, `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`), h("span", {}, `Last reply ${clock(Number(replies.at(-1).ts))}`));
}

const icon = (d) => svg("svg", { viewBox: "0 0 20 20", class: "tool-icon", "aria-hidden": "true" }, svg("path", { d }));

function toolbar(message, at, place) {
  if (message.ephemeral) return null;
  const shortcut = (one) => h("button", { type: "button", class: "quiet", title: one.label, onclick: () => act("shortcut", { who: page.me, ...at, callback_id: one.callback_id }) }, icon("M4 16.5V13l9-9 3.5 3.5-9 9zM11 6l3.5 3.5M11 17h6"), h("span", { class: "sr" }, one.label));
  return h("div", { class: "toolbar", role: "group", "aria-label": "Actions of this message" },
    isReply(message) || place.is_im ? null : h("button", { type: "button", class: "quiet", title: "Reply in a thread", onclick: () => openThread(message.ts) }, icon("M3 4.5h14v9H9l-4 3.5v-3.5H3z"), h("span", { class: "sr" }, "Reply in a thread")),
    page.scene.shortcuts.message.map(shortcut));
}

// ---------------------------------------------------------------- threads

function showThread(place) {
  const parent = page.thread && place.messages.find((one) => one.ts === page.thread);
  const room = $("messages");
  const wasAtEnd = isAtEnd(room);
  $("thread").hidden = !parent;
  if (wasAtEnd) room.scrollTop = room.scrollHeight; // it became narrower, or wider
  if (!parent) return;
  const replies = visible(place).filter((one) => isReply(one) && one.thread_ts === parent.ts);
  showMessages($("thread-messages"), [parent, ...replies], place);
}

export function say(text, thread = null) {
  const place = here();
  if (text.startsWith("/")) return act("command", { who: page.me, channel: place.id, text });
  return act("message", { who: page.me, channel: place.id, text, ...(thread ? { thread_ts: thread } : {}) });
}

export { channel, withEmoji };
