import { defaultLimits, type LimitRows, type LimitsOf } from "../model/index.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Every bound of the analysis, in one place. A limit that is reached never stops the analysis: what it cuts is marked on the
 * exchange (`truncated`, a problem) or settled in the ledger under the reason named here.
 */
export const ANALYSIS_LIMITS = {
  connections: {
    default: 16_384,
    unit: "count",
    doc: "connections followed at once; one that was idle is closed to make room",
  },
  connectionBytes: {
    default: 16 * MiB,
    unit: "bytes",
    doc: "memory that one connection may hold, bodies included, within the process's budget",
  },
  detectionBytes: {
    default: 64 * KiB,
    unit: "bytes",
    doc: "held back of one direction while it is not clear what it is",
  },
  headBytes: {
    default: 256 * KiB,
    unit: "bytes",
    doc: "a start line with its header fields, or a decoded header list; a longer head is parsed, its fields beyond are counted (`head-limit`), not kept",
  },
  headerCount: { default: 1000, unit: "count", doc: "header fields kept of one message" },
  bodyBytes: {
    default: 64 * KiB,
    unit: "bytes",
    doc: "kept of the body of one message; the rest is counted (`body-limit`)",
  },
  pendingExchanges: {
    default: 1024,
    unit: "count",
    doc: "requests of one connection that wait for their response (HTTP/1 pipelining), and the other way round",
  },
  answerSeconds: { default: 30, unit: "seconds", doc: "how long the answer to a datagram is waited for" },
  upgradeBytes: {
    default: 64 * KiB,
    unit: "bytes",
    doc: "held back behind a request to upgrade or to tunnel, until its response tells what they are",
  },
  undecryptedBytes: {
    default: 4 * MiB,
    unit: "bytes",
    doc: "TLS records of one connection held back until their secrets come; the oldest are passed over then",
  },
  streams: { default: 2048, unit: "count", doc: "streams of one HTTP/2 connection followed at once" },
  tableBytes: {
    default: 64 * KiB,
    unit: "bytes",
    doc: "one HPACK dynamic table (RFC 7541 section 4.1), whatever SETTINGS allow",
  },
  continuationFrames: { default: 64, unit: "count", doc: "CONTINUATION frames of one header block" },
  messages: {
    default: 256,
    unit: "count",
    doc: "messages kept of one conversation (WebSocket, gRPC, Server-Sent Events); further ones are counted, not kept",
  },
  messageBytes: { default: 16 * KiB, unit: "bytes", doc: "kept of one such message" },
  decompressionRatio: {
    default: 200,
    unit: "count",
    doc: "decompressed bytes allowed for each compressed byte, after the first `decompressionGrace`",
  },
  decompressionGrace: { default: 64 * KiB, unit: "bytes", doc: "decompressed bytes that are allowed before that" },
  decompressedBytes: {
    default: 16 * MiB,
    unit: "bytes",
    doc: "decompressed of one body or message at most; beside traffic that passes (`--show`, HAR taps) 1 MiB, and 64 for each compressed one",
  },
} as const satisfies LimitRows;

export type AnalysisLimits = LimitsOf<typeof ANALYSIS_LIMITS>;

export const DEFAULT_LIMITS: AnalysisLimits = defaultLimits(ANALYSIS_LIMITS);
