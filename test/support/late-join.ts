import assert from "node:assert/strict";
import type { Header, HttpExchange } from "../../src/model/index.ts";
import { playHttp2, type Step } from "./http2-script.ts";
import type { RecordedChunk } from "./http2-session.ts";
import type { Random } from "./random.ts";

/** The result of one cut of a session. */
export interface CutResult {
  readonly exchanges: readonly HttpExchange[];
  /** How many headers were given whole, and how many in part or not at all. */
  readonly known: number;
  readonly unknown: number;
}

/** The exchanges of a whole session, by stream. */
export function analyzeWhole(chunks: readonly RecordedChunk[]): Map<number, HttpExchange> {
  const { exchanges } = playHttp2(chunks as Step[]);
  for (const exchange of exchanges) assert.equal(exchange.quality, "complete", `stream ${exchange.streamId}`);
  return new Map(exchanges.map((exchange) => [exchange.streamId, exchange]));
}

/** Analyzes what is left of a session and asserts that nothing in it is wrong: unknown is allowed, other than `whole` is not. */
export function checkCut(chunks: readonly RecordedChunk[], whole: Map<number, HttpExchange>, what: string): CutResult {
  return checkExchanges(playHttp2(chunks as Step[], { midStream: true }).exchanges, whole, what);
}

/** Asserts that nothing in the exchanges of a cut session is wrong. */
export function checkExchanges(
  exchanges: readonly HttpExchange[],
  whole: ReadonlyMap<number, HttpExchange>,
  what: string,
): CutResult {
  let known = 0;
  let unknown = 0;
  const compare = (headers: readonly Header[], truth: readonly Header[], place: string): void => {
    if (headers.length === 0) return;
    assert.equal(headers.length, truth.length, `${what}: ${place}: number of headers`);
    for (const [index, { name, value }] of headers.entries()) {
      if (name !== undefined) assert.equal(name, truth[index]!.name, `${what}: ${place}: name ${index}`);
      if (value !== undefined) assert.equal(value, truth[index]!.value, `${what}: ${place}: value ${index}`);
      if (name !== undefined && value !== undefined) known++;
      else unknown++;
    }
  };
  for (const { protocol, streamId, request, response, informational, quality } of exchanges) {
    // Too little was left to recognise it.
    if (protocol === "tcp") continue;
    const truth = whole.get(streamId);
    assert.ok(truth !== undefined, `${what}: stream ${streamId} does not exist`);
    const place = `stream ${streamId}`;
    for (const [kind, message, of] of [
      ["request", request, truth.request],
      ["response", response, truth.response],
    ] as const) {
      if (message === undefined) continue;
      assert.ok(of !== undefined, `${what}: ${place}: there is no ${kind}`);
      compare(message.headers, of.headers, `${place} ${kind}`);
      compare(message.trailers, of.trailers, `${place} ${kind} trailers`);
      assert.ok(
        Buffer.from(of.body.bytes).includes(Buffer.from(message.body.bytes)),
        `${what}: ${place} ${kind}: foreign body`,
      );
      if (quality === "complete") assert.deepEqual(message.body.bytes, of.body.bytes, `${what}: ${place} ${kind} body`);
    }
    if (request?.method !== undefined) assert.equal(request.method, truth.request!.method, `${what}: ${place}`);
    if (request?.target !== undefined) assert.equal(request.target, truth.request!.target, `${what}: ${place}`);
    if (response?.status !== undefined) assert.equal(response.status, truth.response!.status, `${what}: ${place}`);
    for (const { status } of informational ?? [])
      assert.ok(
        truth.informational?.some((other) => other.status === status),
        `${what}: ${place}: a foreign ${status}`,
      );
  }
  return { exchanges, known, unknown };
}

/** The rest of a session without its first `bytes` bytes, in the order of the wire. */
export function cutBytes(chunks: readonly RecordedChunk[], bytes: number): RecordedChunk[] {
  let left = bytes;
  const kept: RecordedChunk[] = [];
  for (const { direction, data } of chunks) {
    const dropped = Math.min(left, data.length);
    left -= dropped;
    if (dropped < data.length) kept.push({ direction, data: data.subarray(dropped) });
  }
  return kept;
}

/** The session in other pieces: each chunk is cut where `random` says, at most every `size` bytes. */
export function resplit(chunks: readonly RecordedChunk[], random: Random, size: number): RecordedChunk[] {
  return chunks.flatMap(({ direction, data }) => {
    const pieces: RecordedChunk[] = [];
    for (let at = 0; at < data.length; ) {
      const length = 1 + random.below(size);
      pieces.push({ direction, data: data.subarray(at, at + length) });
      at += length;
    }
    return pieces;
  });
}
