import {
  createBrotliDecompress,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  constants as ZLIB,
} from "node:zlib";
import { Inflater } from "../../wire/deflate/inflater.ts";
import type { ContentDecoder, DecodedContent } from "./decode-bodies.ts";
import { type Reading, readZlib } from "./node-zlib-reader.ts";

/**
 * gzip, deflate (with and without zlib's header), br and zstd, by Node's zlib. Decoding stops at the limit, and of what is cut or
 * damaged everything is kept that comes out. Without Node, bodies stay as on the wire.
 */
export const decodeContent: ContentDecoder = (coding, bytes, limit) => {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return inflate(gunzipSync, "gzip", coding, bytes, limit);
    case "deflate":
      return inflate(inflateSync, "zlib", coding, bytes, limit) ?? inflate(inflateRawSync, "raw", coding, bytes, limit);
    case "br":
      return describe(coding, readZlib(createBrotliDecompress, bytes, limit), "doubtful", bytes.length);
    case "zstd":
      return describe(coding, readFrames(bytes, limit), "signed", bytes.length);
    default:
      return undefined;
  }
};

/** Whole and of an ordinary size: in one call. All else in a way that stops, and knows of members and damage. */
function inflate(
  inflateSync: typeof gunzipSync,
  format: "gzip" | "zlib" | "raw",
  coding: string,
  bytes: Uint8Array,
  limit: number,
): DecodedContent | undefined {
  try {
    const decoded = inflateSync(bytes, { maxOutputLength: limit });
    if (decoded.length > 0) return { bytes: decoded, truncated: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "Z_BUF_ERROR") {
      const decoded = inflateCut(inflateSync, format, bytes, limit);
      if (decoded !== undefined) return decoded;
    }
  }
  const inflater = new Inflater(format);
  const output: Uint8Array[] = [];
  let room = limit;
  const write = (piece: Uint8Array, start: number, end: number): boolean => {
    output.push(piece.slice(start, Math.min(end, start + room)));
    room -= end - start;
    return room >= 0;
  };
  let at = inflater.push(bytes, 0, bytes.length, write);
  for (
    let members = 1;
    inflater.ended && room >= 0 && members < MAX_MEMBERS && isMember(format, bytes, at);
    members++
  ) {
    inflater.reset();
    at = inflater.push(bytes, at, bytes.length, write);
  }
  // Content that is empty, as opposed to bytes of which nothing can be made.
  if (inflater.ended && room === limit && format !== "raw") return { bytes: new Uint8Array(0), truncated: false };
  const end = room < 0 ? "limit" : inflater.failed ? "failed" : "over";
  return describe(
    coding,
    { bytes: Buffer.concat(output), end, consumed: at, isCut: end === "over" && !inflater.ended },
    format === "raw" ? "doubtful" : "signed",
    bytes.length,
  );
}

/** Flushing instead of finishing gives what a cut input holds rather than an error. */
function inflateCut(
  inflateSync: typeof gunzipSync,
  format: "gzip" | "zlib" | "raw",
  bytes: Uint8Array,
  limit: number,
): DecodedContent | undefined {
  try {
    const decoded = inflateSync(bytes, { finishFlush: ZLIB.Z_SYNC_FLUSH, maxOutputLength: limit });
    if (decoded.length === 0) return undefined;
    const inflater = new Inflater(format);
    const at = inflater.push(bytes, 0, bytes.length, () => true);
    return { bytes: decoded, truncated: false, isCut: !inflater.ended || isMember(format, bytes, at) };
  } catch {
    return undefined;
  }
}

/** Bytes behind a member of gzip are another (RFC 1952 section 2.2), or is not looked at. */
function isMember(format: string, bytes: Uint8Array, at: number): boolean {
  return format === "gzip" && bytes[at] === 0x1f && bytes[at + 1] === 0x8b;
}

/** Frames may follow each other, also those that are to be skipped (RFC 8878 section 3); a stream of Node's ends after the first. */
function readFrames(bytes: Uint8Array, limit: number): Reading {
  let read = readZlib(createZstdDecompress, bytes, limit);
  const output = [read.bytes];
  let total = read.bytes.length;
  let at = read.consumed;
  for (
    let frames = 1;
    read.end === "over" && at < bytes.length && frames < MAX_MEMBERS && isFrame(bytes, at);
    frames++
  ) {
    read = readZlib(createZstdDecompress, bytes.subarray(at), limit - total);
    output.push(read.bytes);
    total += read.bytes.length;
    at += read.consumed;
    if (read.consumed === 0) break;
  }
  return { ...read, bytes: output.length === 1 ? output[0]! : Buffer.concat(output), consumed: at };
}

function isFrame(bytes: Uint8Array, at: number): boolean {
  if (at + 4 > bytes.length) return false;
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
}

/**
 * @param evidence br and bare DEFLATE have no signature, and other bytes may look like them for a while: damaged input is believed to
 *   be of the coding only if more came out than was read
 */
function describe(
  coding: string,
  reading: Reading,
  evidence: "signed" | "doubtful",
  length: number,
): DecodedContent | undefined {
  const { bytes, end, consumed, isCut } = reading;
  // Bytes of something else often give nothing rather than an error: content is empty where its coding ends with the bytes.
  if (bytes.length === 0)
    return end === "over" && !isCut && consumed === length ? { bytes, truncated: false } : undefined;
  if (end === "over") return { bytes, truncated: false, ...(isCut && { isCut }) };
  if (end === "limit") return { bytes, truncated: true, problem: "decompression-limit" };
  if (evidence === "doubtful" && bytes.length <= consumed) return undefined;
  return { bytes, truncated: true, problem: `invalid:${coding}` };
}

/** Members or frames of one body: more than this is no honest message. */
const MAX_MEMBERS = 64;
