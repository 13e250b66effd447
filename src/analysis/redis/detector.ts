import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../protocol-detector.ts";
import { beginsWithCommand, beginsWithInlineCommand, lookForReplies } from "./looks-like-redis.ts";
import { RedisAnalyzer } from "./redis-analyzer.ts";
import { findCommandStart } from "./resynchronise.ts";

/**
 * Recognises Redis by a command, which is an array of strings; by an inline command together with a reply to it; where the client's
 * side is not seen, by replies of which one is more than a line.
 */
export const REDIS_DETECTOR: ProtocolDetector = {
  protocol: "redis",
  detect,
  create: (context) => new RedisAnalyzer(context),
};

const FROM_CLIENT: Detection = { verdict: "yes", sender: "client" };
const FROM_SERVER: Detection = { verdict: "yes", sender: "server" };

function detect(sample: DetectionSample): Detection {
  if (sample.transport === "udp") return NOT_DETECTED;
  const client = sample.sender === "server" ? NOT_DETECTED : detectClient(sample);
  if (client.verdict === "yes") return client;
  const server = sample.sender === "client" ? NOT_DETECTED : detectServer(sample);
  return server.verdict === "no" ? client : server;
}

function detectClient({ data, sender, fromStart }: DetectionSample): Detection {
  if (!fromStart) return findCommandStart(data, "hole").verdict === "yes" ? FROM_CLIENT : NEEDS_MORE;
  let start = 0;
  // Empty lines and arrays are commands that do nothing.
  while (start < data.length && (data[start] === 0x0d || data[start] === 0x0a)) start++;
  // A server that lists commands sends such arrays too: where nobody says who it is, only a name that is known tells.
  const command = beginsWithCommand(data, start, sender === "client");
  if (command === "yes") return FROM_CLIENT;
  if (command === "more") return NEEDS_MORE;
  return beginsWithInlineCommand(data, start) === "no" ? NOT_DETECTED : NEEDS_MORE;
}

function detectServer({ data, fromStart, other }: DetectionSample): Detection {
  if (fromStart && other.length > 0 && beginsWithInlineCommand(other) !== "yes")
    return beginsWithCommand(other, 0, true) === "no" ? NOT_DETECTED : NEEDS_MORE;
  const { whole, isTelling, failed } = lookForReplies(data.subarray(0, MAX_SAMPLE), 0);
  if (failed || (data.length > MAX_SAMPLE && whole < 2)) return NOT_DETECTED;
  // A server that greets first (POP3: `+OK`) has always said one line more than it was asked.
  if (fromStart && other.length > 0) return whole > 0 && whole <= countLines(other) ? FROM_SERVER : NEEDS_MORE;
  return isTelling && whole > 1 ? FROM_SERVER : NEEDS_MORE;
}

function countLines(data: Uint8Array): number {
  return data.reduce((lines, byte) => (byte === 0x0a ? lines + 1 : lines), 0);
}

/** Bytes that are looked at to tell replies. */
const MAX_SAMPLE = 4096;
