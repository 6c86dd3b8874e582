// Building and replacing elements. Text always becomes text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "vars") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else if (name in node && typeof value !== "string") node[name] = value;
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const $ = (id) => document.getElementById(id);

/** Show a list: an item's element is rebuilt only when its print changed, so that focus, open
 * details and half-typed text elsewhere stay. */
export function keyed(container, items, { key, print, build, order = true }) {
  const there = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const wanted = [];
  for (const item of items) {
    const name = String(key(item));
    const mark = print(item);
    let node = there.get(name);
    if (!node || node.__print !== mark) {
      const fresh = build(item, node);
      fresh.dataset.key = name;
      fresh.__print = mark;
      if (node) replaceKeepingFocus(node, fresh);
      node = fresh;
    }
    there.delete(name);
    wanted.push(node);
  }
  for (const gone of there.values()) gone.remove();
  if (order) wanted.forEach((node, index) => {
    if (container.children[index] !== node) container.insertBefore(node, container.children[index] ?? null);
  });
}

function replaceKeepingFocus(old, fresh) {
  const active = document.activeElement;
  const had = old.contains(active);
  const wish = had ? active.dataset.focus : undefined;
  old.replaceWith(fresh);
  if (!had) return;
  const again = wish && [...fresh.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === wish);
  if (again) again.focus();
  else {
    fresh.tabIndex = -1;
    fresh.focus({ preventScroll: true });
  }
}

/** Replace everything in a container, but only when its print changed. */
export function once(container, print, build) {
  if (container.__print === print) return;
  container.__print = print;
  const active = document.activeElement;
  const wish = container.contains(active) ? active.dataset.focus : undefined;
  container.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
  if (wish) [...container.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === wish)?.focus();
}

export function toast(text, kind = "") {
  const node = h("div", { class: `toast ${kind}` }, text);
  $("toasts").append(node);
  setTimeout(() => node.remove(), 7000);
}

export function clock(seconds) {
  return new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" }).format(new Date(seconds * 1000));
}

export function ago(iso) {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 60000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min ago`;
}
