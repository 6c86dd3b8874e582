// The page's two lines to its server: what is done goes out, the state comes in.

import { toast } from "./dom.js";

export async function act(verb, details = {}) {
  let answer;
  try {
    const response = await fetch("do", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ do: verb, ...details }),
    });
    answer = await response.json();
  } catch {
    answer = { ok: false, problem: "The demo does not answer. Was it stopped?" };
  }
  if (!answer.ok) toast(answer.problem, "bad");
  return answer;
}

export async function scene() {
  return (await fetch("scene")).json();
}

export function watch(show) {
  const source = new EventSource("state");
  source.onopen = () => document.body.classList.remove("offline");
  source.onmessage = (event) => show(JSON.parse(event.data));
  source.onerror = () => document.body.classList.add("offline"); // it tries again by itself
}
