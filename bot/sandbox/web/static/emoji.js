// Emoji by their shortcodes. Those that the bot uses are drawn, so that they look the same on
// machines without a font for them; a shortcode that nobody knows stays visible as it is.

import { h, svg } from "./dom.js";

const disc = (fill, edge) => () => [svg("circle", { cx: 10, cy: 10, r: 8, fill, stroke: edge, "stroke-width": 1 })];
const line = (d, stroke, width = 2.4) =>
  svg("path", { d, stroke, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round", fill: "none" });
const plate = (fill) => svg("rect", { x: 1.5, y: 1.5, width: 17, height: 17, rx: 4, fill });

const DRAWN = {
  red_circle: ["red circle", disc("#dd2e44", "#b3142b")],
  large_yellow_circle: ["yellow circle", disc("#f2b01e", "#c98a00")],
  large_green_circle: ["green circle", disc("#2eb67d", "#1c8a5b")],
  white_circle: ["white circle", disc("#f4f4f4", "#9a9a9a")],
  white_check_mark: ["check mark", () => [plate("#2eb67d"), line("M5.5 10.500l3 3 6-7", "#fff")]],
  heavy_check_mark: ["check mark", () => [line("M4 10.500l4 4 8-9", "#2eb67d", 3)]],
  x: ["cross", () => [line("M5 5l10 10M15 5L5 15", "#e01e5a", 3.2)]],
  warning: ["warning", () => [
    svg("path", { d: "M10 2.200L18.6 17.300H1.400z", fill: "#f2b01e", stroke: "#c98a00", "stroke-linejoin": "round" }),
    line("M10 8v4.2", "#3b2a00", 2), svg("circle", { cx: 10, cy: 14.9, r: 1.2, fill: "#3b2a00" })]],
  rotating_light: ["siren", () => [
    svg("path", { d: "M5 15V10.500a5 5 0 0 1 10 0V15z", fill: "#e01e5a" }),
    svg("rect", { x: 3, y: 15, width: 14, height: 3, rx: 1, fill: "#7a8794" }),
    line("M10 1.200v2M3.2 4l1.5 1.500M16.8 4l-1.5 1.5", "#ff8a3d", 1.8)]],
  hourglass_flowing_sand: ["hourglass", () => [
    svg("path", { d: "M5.2 3.500h9.600c0 4-3.3 4.8-3.3 6.500s3.3 2.5 3.3 6.500H5.200c0-4 3.3-4.8 3.3-6.500S5.2 7.5 5.2 3.500z", fill: "#cfe8ff", stroke: "#6b7f93" }),
    svg("path", { d: "M7 15.500c.8-1.8 2-2.3 3-2.300s2.2.5 3 2.300z", fill: "#e8a33d" }),
    svg("path", { d: "M7.5 6.500h5l-2.5 2.500z", fill: "#e8a33d" }),
    line("M4 2.700h12M4 17.300h12", "#8a5a2b", 2)]],
  no_entry: ["no entry", () => [svg("circle", { cx: 10, cy: 10, r: 8.5, fill: "#e01e5a" }), svg("rect", { x: 4.5, y: 8.4, width: 11, height: 3.2, rx: 1, fill: "#fff" })]],
  eyes: ["eyes", () => [5.5, 14.5].flatMap((cx) => [
    svg("ellipse", { cx, cy: 10, rx: 4, ry: 5.5, fill: "#fff", stroke: "#8a8a8a" }), svg("circle", { cx: cx - 1, cy: 11, r: 2, fill: "#333" })])],
};
const FONT = {
  tada: "🎉", bell: "🔔", no_bell: "🔕", memo: "📝", bust_in_silhouette: "👤", arrow_right: "➡️", link: "🔗", fire: "🔥",
  information_source: "ℹ️", rocket: "🚀", clock1: "🕐", stopwatch: "⏱️", robot_face: "🤖", wave: "👋", thumbsup: "👍", "+1": "👍",
  ghost: "👻", zap: "⚡", hammer_and_wrench: "🛠️", question: "❓", exclamation: "❗", heavy_exclamation_mark: "❗",
};

export function emoji(name) {
  const drawn = DRAWN[name];
  if (drawn) {
    const picture = svg("svg", { viewBox: "0 0 20 20", role: "img", "aria-label": drawn[0] }, ...drawn[1]());
    picture.setAttribute("class", "emoji");
    return picture;
  }
  if (Object.hasOwn(FONT, name)) return h("span", { class: "emoji-font", role: "img", "aria-label": name.replaceAll("_", " ") }, FONT[name]);
  return document.createTextNode(`:${name}:`);
}
