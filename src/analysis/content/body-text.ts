import type { Body } from "../../model/index.ts";

/** The bytes kept as UTF-8. A body is often asked for several times, by one filter and by many taps: its text is made once. */
export function bodyText(body: Body | undefined): string | undefined {
  if (body === undefined) return undefined;
  const origin = BodyBeginning.originOf(body);
  const known = TEXTS.get(origin);
  if (known?.size === body.bytes.length) return known.text;
  const text = new TextDecoder().decode(body.bytes);
  TEXTS.set(origin, { size: body.bytes.length, text });
  return text;
}

const TEXTS = new WeakMap<Body, { readonly size: number; readonly text: string }>();

/**
 * A body of which the beginning is kept, and of which: where two keep as many bytes, they are the same, and so is their text. A copy (`{...body}`) does not
 * say so any more, whatever becomes of its bytes.
 */
export class BodyBeginning implements Body {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly truncated: boolean;
  readonly complete: boolean;
  declare readonly decodedFrom?: string;
  declare readonly decodingProblem?: string;
  /** A map of bodies beside them would cost more than all else that a tap does with a body that it does not keep. */
  readonly #origin: Body;

  constructor(origin: Body, bytes: Uint8Array) {
    this.bytes = bytes;
    this.size = origin.size;
    this.truncated = bytes.length < origin.size;
    this.complete = origin.complete;
    if (origin.decodedFrom !== undefined) this.decodedFrom = origin.decodedFrom;
    if (origin.decodingProblem !== undefined) this.decodingProblem = origin.decodingProblem;
    this.#origin = BodyBeginning.originOf(origin);
  }

  /** Itself where it is none. */
  static originOf(body: Body): Body {
    return #origin in body ? body.#origin : body;
  }
}
