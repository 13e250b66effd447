import type { Body } from "../../model/index.ts";

/** The bytes kept as UTF-8. A body is often asked for several times, by one filter and by many taps: its text is made once. */
export function bodyText(body: Body | undefined): string | undefined {
  if (body === undefined) return undefined;
  const origin = ORIGINS.get(body) ?? body;
  const known = TEXTS.get(origin);
  if (known?.size === body.bytes.length) return known.text;
  const text = new TextDecoder().decode(body.bytes);
  TEXTS.set(origin, { size: body.bytes.length, text });
  return text;
}

/** Says of which body another one keeps the beginning: where two keep as many bytes, they are the same, and so is their text. */
export function keepsBeginningOf(body: Body, origin: Body): void {
  ORIGINS.set(body, ORIGINS.get(origin) ?? origin);
}

const TEXTS = new WeakMap<Body, { readonly size: number; readonly text: string }>();
const ORIGINS = new WeakMap<Body, Body>();
