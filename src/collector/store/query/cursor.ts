import { TaplineError } from "../../../model/index.ts";

/** The last row of an answer: what it was sorted by, and its number. */
export interface Cursor {
  readonly key: number;
  readonly id: number;
}

export function writeCursor({ key, id }: Cursor): string {
  return `${key}.${id}`;
}

/** @throws TaplineError `usage` */
export function readCursor(text: string): Cursor {
  const match = /^(-?\d{1,16})\.(\d{1,16})$/.exec(text);
  if (match === null)
    throw new TaplineError("usage", `'${text.slice(0, 40)}' is no cursor`, { hint: "take the one of the last answer" });
  return { key: Number(match[1]), id: Number(match[2]) };
}
