// What everything on the page looks at: the pushed state, and what only this tab knows.

export const page = {
  scene: null,
  state: null,
  me: null,
  place: null, // a channel's id, or "app"
  tab: "home", // of the app: home or messages
  thread: null, // the parent's ts
  seen: new Map(), // `${me} ${channel}` -> newest ts seen
  listeners: new Set(),
};

export const user = (id) => page.state.slack.users.find((one) => one.id === id);
export const channel = (id) => page.state.slack.channels.find((one) => one.id === id);
export const direct = () => page.state.slack.channels.find((one) => one.is_im && one.members.includes(page.me));
export const here = () => (page.place === "app" ? direct() : channel(page.place));
export const incidentAt = (url) => page.state.pagerduty.incidents.find((one) => one.html_url === url);

/** What the present user sees of a channel, ephemeral messages included, in order. */
export function visible(place) {
  const mine = place.ephemerals.filter((one) => one.to_user === page.me).map((one) => ({ ...one, ephemeral: true }));
  return [...place.messages, ...mine].sort((a, b) => Number(a.ts) - Number(b.ts));
}

export const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;

export function refresh() {
  for (const listener of page.listeners) listener();
}
