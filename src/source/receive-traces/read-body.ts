import type { IncomingMessage } from "node:http";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import type { LedgerReason, MemoryBudget } from "../../model/index.ts";

/** Why a body was not taken, in the ledger's words, with the status that says so. */
export interface BodyRefusal {
  readonly status: 400 | 413 | 415 | 503;
  readonly reason: LedgerReason;
  readonly message: string;
}

export interface BodyLimits {
  /** Charged with the body until it has been dealt with. */
  readonly budget: MemoryBudget;
  /** As sent, and when its content coding is undone. */
  readonly maxBytes: number;
}

/**
 * Reads the body of a request within its limits, and undoes its content codings (gzip, deflate, br, zstd). Calls back once, with the
 * bytes and how many are reserved in the budget for them (whoever gets them releases that), or why there are none; not at all when the
 * client went away, which `abandoned` is told.
 */
export function readBody(
  request: IncomingMessage,
  { budget, maxBytes }: BodyLimits,
  done: (body: { readonly bytes: Uint8Array; readonly reserved: number } | BodyRefusal) => void,
  abandoned: () => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let isOver = false;
  const end = (refusal: BodyRefusal): void => {
    isOver = true;
    budget.release(size);
    done(refusal);
  };
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
    end(tooLarge(maxBytes));
    return;
  }
  request.on("data", (chunk: Buffer) => {
    if (isOver) return;
    if (size + chunk.length > maxBytes) end(tooLarge(maxBytes));
    else if (!budget.tryReserve(chunk.length)) end(NO_MEMORY);
    else {
      size += chunk.length;
      chunks.push(chunk);
    }
  });
  request.on("end", () => {
    if (isOver) return;
    isOver = true;
    const sent = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const body = undoCodings(sent, request.headers["content-encoding"], { budget, maxBytes });
    if ("status" in body) budget.release(size);
    done(body);
  });
  request.on("error", () => {});
  request.on("close", () => {
    if (isOver) return;
    isOver = true;
    budget.release(size);
    abandoned();
  });
}

/** Where it refuses, it releases what it reserved beside what was sent. */
function undoCodings(
  sent: Uint8Array,
  encoding: string | undefined,
  { budget, maxBytes }: BodyLimits,
): { readonly bytes: Uint8Array; readonly reserved: number } | BodyRefusal {
  let bytes = sent;
  let reserved = sent.length;
  const refuse = (refusal: BodyRefusal): BodyRefusal => {
    budget.release(reserved - sent.length);
    return refusal;
  };
  for (const coding of codingsOf(encoding)) {
    if (!KNOWN.has(coding)) {
      const message = `content-encoding ${encoding}: expected gzip, deflate, br or zstd`;
      return refuse({ status: 415, reason: "unknown-coding", message });
    }
    const decoded = decodeContent(coding, bytes, maxBytes);
    if (decoded?.problem === "decompression-limit") return refuse(tooLarge(maxBytes));
    if (decoded === undefined || decoded.problem !== undefined || decoded.isCut === true)
      return refuse({ status: 400, reason: "not-decodable", message: `the body is no ${coding}` });
    if (!budget.tryReserve(decoded.bytes.length)) return refuse(NO_MEMORY);
    reserved += decoded.bytes.length;
    bytes = decoded.bytes;
  }
  return { bytes, reserved };
}

/** The last that was applied first; more than any honest request has are one that is not known. */
function codingsOf(encoding: string | undefined): readonly string[] {
  if (encoding === undefined) return [];
  const codings = encoding
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  return codings.length > MAX_CODINGS ? [encoding] : codings.reverse();
}

function tooLarge(maxBytes: number): BodyRefusal {
  return { status: 413, reason: "too-large", message: `the body has more than ${maxBytes} bytes` };
}

const NO_MEMORY: BodyRefusal = { status: 503, reason: "memory-budget", message: "too much is being received" };
const KNOWN: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br", "zstd"]);
const MAX_CODINGS = 4;
