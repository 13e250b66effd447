/**
 * Every bound of the analysis, in one place. A limit that is reached never stops the analysis: what it cuts is marked on the
 * exchange (`truncated`, a problem) or settled in the ledger under the reason named here.
 */
export interface AnalysisLimits {
  /** Connections followed at once; one that was idle is closed to make room. */
  readonly connections: number;
  /** Bytes of memory one connection may hold, bodies included, within the process's budget. */
  readonly connectionBytes: number;
  /** Bytes of one direction held back while it is not clear what they are. */
  readonly detectionBytes: number;
  /** Bytes of a start line with its header fields, or of a decoded header list. A longer head is parsed, its fields beyond are not kept. */
  readonly headBytes: number;
  /** Header fields kept of one message. */
  readonly headerCount: number;
  /** Bytes of a body kept for one message. */
  readonly bodyBytes: number;
  /** Requests of one connection that wait for their response (HTTP/1 pipelining), and the other way round. */
  readonly pendingExchanges: number;
  /** Bytes held back behind a request to upgrade or to tunnel, until its response tells what they are. */
  readonly upgradeBytes: number;
  /** Bytes of TLS records of one connection held back until their secrets come; the oldest are passed over then. */
  readonly undecryptedBytes: number;
  /** Streams of one HTTP/2 connection followed at once. */
  readonly streams: number;
  /** Bytes of one HPACK dynamic table (RFC 7541 §4.1), whatever SETTINGS allow. */
  readonly tableBytes: number;
  /** CONTINUATION frames of one header block. */
  readonly continuationFrames: number;
  /** Messages kept of one conversation (WebSocket, gRPC, Server-Sent Events); further ones are counted, not kept. */
  readonly messages: number;
  /** Bytes kept of one such message. */
  readonly messageBytes: number;
  /** Decompressed bytes allowed for each compressed byte, after the first `decompressionGrace`. */
  readonly decompressionRatio: number;
  /** Decompressed bytes that are always allowed. */
  readonly decompressionGrace: number;
}

export const DEFAULT_LIMITS: AnalysisLimits = {
  connections: 16_384,
  connectionBytes: 16 * 1024 * 1024,
  detectionBytes: 64 * 1024,
  headBytes: 64 * 1024,
  headerCount: 1000,
  bodyBytes: 64 * 1024,
  pendingExchanges: 1024,
  upgradeBytes: 64 * 1024,
  undecryptedBytes: 4 * 1024 * 1024,
  streams: 2048,
  tableBytes: 64 * 1024,
  continuationFrames: 64,
  messages: 256,
  messageBytes: 16 * 1024,
  decompressionRatio: 200,
  decompressionGrace: 64 * 1024,
};
