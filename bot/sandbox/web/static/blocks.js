// Block Kit as elements. What the page does not know it says visibly, never silently nothing.
// https://docs.slack.dev/reference/block-kit

import { h, svg } from "./dom.js";
import { control, isControl } from "./controls.js";
import { emoji } from "./emoji.js";
import { link, mrkdwn } from "./mrkdwn.js";
import { channel, page, user } from "./model.js";

/** `at` says where the blocks stand: {channel, ts} of a message or {view}; `form` keeps inputs. */
export function blocks(list, at, form = null) {
  return (list ?? []).map((block) => {
    const build = BLOCKS[block.type];
    return build ? build(block, at, form) : unknown("block", block.type);
  });
}

export function unknown(what, type) {
  return h("div", { class: "unknown", role: "note" }, `This page does not know the ${what} “${type}”.`);
}

export function textObject(object) {
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  if (object.type !== "plain_text") return [unknown("text", object.type)];
  return withEmoji(object.text);
}

/** Plain text knows shortcodes and line breaks only. */
export function withEmoji(text) {
  return text.split(/(:[a-z0-9_+-]+:|\n)/u).map((part) => {
    if (part === "\n") return h("br");
    return /^:[a-z0-9_+-]+:$/u.test(part) ? emoji(part.slice(1, -1)) : part;
  });
}

function element(one, block, at, form) {
  if (one.type === "image") return image(one);
  if (one.type === "mrkdwn" || one.type === "plain_text") return h("span", {}, textObject(one));
  if (isControl(one.type)) return control(one, block, at, form);
  return unknown("element", one.type);
}

/** Nothing is loaded from outside: a frame stands for the picture, with what it shows and where Slack loads it from. */
function image(one) {
  const from = one.image_url ? /^https?:\/\/([^/?#]+)/u.exec(one.image_url)?.[1] ?? "elsewhere" : "its own files";
  return h("span", { class: "image", role: "img", "aria-label": one.alt_text, title: one.image_url },
    svg("svg", { viewBox: "0 0 32 24", "aria-hidden": "true" },
      svg("circle", { cx: 23, cy: 7, r: 3 }), svg("path", { d: "M1 23L11 9l7 9 4-5 9 10z" })),
    h("span", {}, one.alt_text, h("small", {}, `A picture, which Slack loads from ${from}`)));
}

const BLOCKS = {
  section: (block, at, form) =>
    h("div", { class: "block section" },
      h("div", { class: "section-text" },
        block.text ? h("div", {}, textObject(block.text)) : null,
        block.fields ? h("div", { class: "fields" }, block.fields.map((one) => h("div", {}, textObject(one)))) : null),
      block.accessory ? h("div", { class: "accessory" }, element(block.accessory, block, at, form)) : null),
  context: (block, at, form) =>
    h("div", { class: "block context" }, block.elements.map((one) => element(one, block, at, form))),
  actions: (block, at, form) =>
    h("div", { class: "block actions" }, block.elements.map((one) => element(one, block, at, form))),
  header: (block) => h("h3", { class: "block header" }, textObject(block.text)),
  divider: () => h("hr", { class: "block" }),
  image: (block) => h("figure", { class: "block" }, block.title ? h("figcaption", {}, textObject(block.title)) : null, image(block)),
  markdown: (block) => h("div", { class: "block" }, block.text.split("\n").map((line) => h("div", {}, line))),
  input: (block, at, form) => input(block, at, form),
  rich_text: (block) => h("div", { class: "block rich" }, block.elements.map(rich)),
};

function input(block, at, form) {
  const id = `input-${at.view}-${block.block_id}`;
  const optional = block.optional ? h("small", {}, " (optional)") : null;
  return h("div", { class: "block input", data: { block: block.block_id } },
    h("label", { for: id, id: `${id}-label` }, textObject(block.label), optional),
    isControl(block.element.type) ? control(block.element, block, at, form, id) : unknown("element", block.element.type),
    block.hint ? h("p", { class: "input-hint", id: `${id}-hint` }, textObject(block.hint)) : null,
    h("p", { class: "input-error", id: `${id}-error`, role: "alert" }));
}

function rich(part) {
  switch (part.type) {
    case "rich_text_section": return h("p", {}, part.elements.map(richPiece));
    case "rich_text_quote": return h("blockquote", {}, part.elements.map(richPiece));
    case "rich_text_preformatted": return h("pre", {}, part.elements.map(richPiece));
    case "rich_text_list":
      return h(part.style === "ordered" ? "ol" : "ul", {}, part.elements.map((one) => h("li", {}, one.elements.map(richPiece))));
    default: return unknown("element of rich text", part.type);
  }
}

function richPiece(piece) {
  switch (piece.type) {
    case "text": {
      const style = piece.style ?? {};
      let node = document.createTextNode(piece.text);
      for (const [name, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"]]) {
        if (style[name]) node = h(tag, {}, node);
      }
      return node;
    }
    case "link": return link(piece.url, piece.text ?? null);
    case "emoji": return emoji(piece.name);
    case "user": return h("span", { class: piece.user_id === page.me ? "mention me" : "mention" }, `@${user(piece.user_id)?.real_name ?? piece.user_id}`);
    case "channel": return h("span", { class: "mention" }, `#${channel(piece.channel_id)?.name ?? piece.channel_id}`);
    default: return unknown("piece of rich text", piece.type);
  }
}

/** The older form, which most job tools post. */
export function attachment(one, at) {
  const color = { good: "#2eb886", warning: "#daa038", danger: "#a30200" }[one.color] ?? (/^#?[0-9a-f]{3,6}$/iu.test(one.color ?? "") ? `#${one.color.replace("#", "")}` : null);
  const fields = (one.fields ?? []).map((field) =>
    h("div", { class: field.short ? "field" : "field wide" }, field.title ? h("b", {}, mrkdwn(field.title)) : null, h("div", {}, mrkdwn(field.value ?? ""))));
  const body = [
    one.author_name ? h("div", { class: "author" }, withEmoji(one.author_name)) : null,
    one.title ? h("div", { class: "att-title" }, one.title_link ? link(one.title_link, one.title) : mrkdwn(one.title)) : null,
    one.text ? h("div", {}, mrkdwn(one.text)) : null,
    fields.length ? h("div", { class: "att-fields" }, fields) : null,
    one.blocks ? h("div", {}, blocks(one.blocks, at)) : null,
    one.footer ? h("div", { class: "att-footer" }, mrkdwn(one.footer)) : null,
  ];
  return h("div", {}, one.pretext ? h("div", {}, mrkdwn(one.pretext)) : null,
    h("div", { class: "attachment", vars: color ? { "--bar": color } : {} }, body));
}
