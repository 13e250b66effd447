import type { Body } from "../../model/index.ts";

/** The bytes kept as UTF-8. A body is often asked for several times by one filter: its text is made once. */
export function bodyText(body: Body | undefined): string | undefined {
  if (body === undefined) return undefined;
  let text = TEXTS.get(body);
  if (text === undefined) {
    text = new TextDecoder().decode(body.bytes);
    TEXTS.set(body, text);
  }
  return text;
}

const TEXTS = new WeakMap<Body, string>();
