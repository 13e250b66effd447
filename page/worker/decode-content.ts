import type { ContentDecoder, DecodedContent } from "../../src/analysis/content/decode-bodies.ts";
import { Inflater } from "../../src/wire/deflate/inflater.ts";

/** Undoes what can be undone here at once: gzip and deflate. Bodies in other codings stay as they are on the wire. */
export const decodeContent: ContentDecoder = (coding, bytes, limit) => {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return inflate("gzip", coding, bytes, limit);
    case "deflate":
      return inflate("zlib", coding, bytes, limit) ?? inflate("raw", coding, bytes, limit);
    default:
      return undefined;
  }
};

function inflate(
  format: "gzip" | "zlib" | "raw",
  coding: string,
  bytes: Uint8Array,
  limit: number,
): DecodedContent | undefined {
  const inflater = new Inflater(format);
  const pieces: Uint8Array[] = [];
  let room = limit;
  inflater.push(bytes, 0, bytes.length, (piece, start, end) => {
    pieces.push(piece.slice(start, Math.min(end, start + Math.max(0, room))));
    room -= end - start;
    return room >= 0;
  });
  const decoded = concat(pieces);
  if (decoded.length === 0)
    return inflater.ended && format !== "raw" ? { bytes: decoded, truncated: false } : undefined;
  if (room < 0) return { bytes: decoded, truncated: true, problem: "decompression-limit" };
  return inflater.failed
    ? { bytes: decoded, truncated: true, problem: `invalid:${coding}` }
    : { bytes: decoded, truncated: false };
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
