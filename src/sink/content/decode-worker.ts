import { parentPort } from "node:worker_threads";
import { decodeBody } from "../../analysis/content/decode-bodies.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import type { DecodeJob, DecodeResult } from "./thread-decoder.ts";

// The thread of ThreadDecoder.
parentPort?.on("message", ({ bodies, limits }: DecodeJob) => {
  const before = process.threadCpuUsage();
  const decoded = bodies.map(({ body, headers }) => decodeBody(body, headers, decodeContent, limits));
  const { user, system } = process.threadCpuUsage(before);
  parentPort?.postMessage({ bodies: decoded, cpuMicros: user + system } satisfies DecodeResult);
});
