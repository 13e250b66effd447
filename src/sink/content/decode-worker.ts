import { parentPort } from "node:worker_threads";
import { decodeBody } from "../../analysis/content/decode-bodies.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { rowOf } from "../../analysis/protocols/index.ts";
import type { Redactor, RedactorRecipe } from "../../analysis/redaction/index.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import type { Body, Exchange, Header } from "../../model/index.ts";
import { giveWay } from "../give-way.ts";
import type { DecodeJob, DecodeResult } from "./thread-decoder.ts";

// The thread of ThreadDecoder.
giveWay();
parentPort?.on("message", (job: DecodeJob) => {
  const before = process.threadCpuUsage();
  const done = job.entryOf === undefined ? decode(job) : { bodies: [], entry: writeEntry(job.entryOf, job) };
  const { user, system } = process.threadCpuUsage(before);
  const result: DecodeResult = { ...done, cpuMicros: user + system };
  parentPort?.postMessage(result, buffersOf(result));
});

function decode({ bodies, limits, redaction }: DecodeJob): Omit<DecodeResult, "cpuMicros"> {
  const decoded = bodies.map(({ body, headers }) => owned(decodeBody(body, headers, decodeContent, limits)));
  if (redaction === undefined) return { bodies: decoded };
  const redactor = redactorOf(redaction);
  const redacted = decoded.map((body, index) => {
    const hidden = redactor.body(body, bodies[index]!.headers);
    return hidden === body ? body : owned(hidden);
  });
  return { bodies: decoded, redacted };
}

/** Undefined for kinds that have none. */
function writeEntry(exchange: Exchange, { limits }: DecodeJob): Uint8Array | undefined {
  const { har, replaceBodies } = rowOf(exchange);
  if (typeof har === "string") return undefined;
  const decode = (body: Body, headers: readonly Header[]) => decodeBody(body, headers, decodeContent, limits);
  return new TextEncoder().encode(JSON.stringify(har.write(replaceBodies?.(exchange, decode) ?? exchange)));
}

/** Its bytes have their memory for themselves, so that it can be given away. */
function owned(body: Body): Body {
  const { bytes } = body;
  return bytes.length === bytes.buffer.byteLength ? body : { ...body, bytes: new Uint8Array(bytes) };
}

function buffersOf({ bodies, redacted = [], entry }: DecodeResult): ArrayBuffer[] {
  const all = [...bodies, ...redacted].map(({ bytes }) => bytes);
  if (entry !== undefined) all.push(entry);
  return [...new Set(all.map(({ buffer }) => buffer as ArrayBuffer))];
}

function redactorOf(recipe: RedactorRecipe): Redactor {
  const name = JSON.stringify([
    recipe.also,
    recipe.except,
    recipe.personal,
    Buffer.from(recipe.key ?? []).toString("hex"),
  ]);
  let redactor = redactors.get(name);
  if (redactor === undefined) {
    if (redactors.size >= MAX_REDACTORS) redactors.clear();
    redactor = createNodeRedactor(recipe);
    redactors.set(name, redactor);
  }
  return redactor;
}

/** One for each recipe, of which a process has as many as it has taps. */
const redactors = new Map<string, Redactor>();
const MAX_REDACTORS = 64;
