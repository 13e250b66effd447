import { beginsWithCommand, type Evidence, lookForReplies, RESP_TYPES } from "./looks-like-redis.ts";

/** Where a message begins, if it does (`yes`); where one may begin, which more bytes would tell (`more`). */
export type MessageStart = { readonly at: number; readonly verdict: "yes" | "more" | "no" };

/**
 * The kind of gap right before the bytes that are searched: a hole, or the time before the connection was joined (a message is likely to
 * begin there, because a packet does); a line's end; or bytes in the middle of a line.
 */
export type Before = "hole" | "line-end" | "line";

/** Finds the first command: an array of strings with the name of a command that is known. */
export function findCommandStart(data: Uint8Array, before: Before): MessageStart {
  return findStart(data, before, (at) => beginsWithCommand(data, at, false));
}

/** Finds the first reply: right after a hole where one whole reply stands there, after a line's end where two do. */
export function findReplyStart(data: Uint8Array, before: Before): MessageStart {
  return findStart(data, before, (at) => {
    if (at < data.length && !RESP_TYPES.has(data[at]!)) return "no";
    const { whole, failed } = lookForReplies(data, at);
    if (whole >= (at === 0 && before === "hole" ? 1 : 2)) return "yes";
    return failed ? "no" : "more";
  });
}

/** A later place is looked at only once the earlier ones are out of question: however the bytes are cut, the same one is found. */
function findStart(data: Uint8Array, before: Before, look: (at: number) => Evidence): MessageStart {
  let at = before === "line" ? nextLine(data, 0) : 0;
  for (; at >= 0; at = nextLine(data, at)) {
    const verdict = look(at);
    if (verdict !== "no") return { at, verdict };
  }
  return { at: data.length, verdict: "no" };
}

/** After the next CRLF; -1 where there is none. */
function nextLine(data: Uint8Array, from: number): number {
  for (let at = data.indexOf(0x0d, from); at >= 0; at = data.indexOf(0x0d, at + 1))
    if (data[at + 1] === 0x0a) return at + 2;
  return -1;
}
