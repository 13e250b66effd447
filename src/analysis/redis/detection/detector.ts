import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../../protocol-detector.ts";
import { RedisAnalyzer } from "../redis-analyzer.ts";
import {
  beginsWithCommand,
  beginsWithInlineCommand,
  lookForReplies,
  RESP_TYPES,
  type RepliesSeen,
} from "./looks-like-redis.ts";
import { type Before, findCommandStart } from "./resynchronise.ts";

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
  const memory = recall(sample);
  const client = sample.sender === "server" ? NOT_DETECTED : detectClient(sample, memory);
  if (client.verdict === "yes") return client;
  const server = sample.sender === "client" ? NOT_DETECTED : detectServer(sample, memory);
  return server.verdict === "no" ? client : server;
}

/** The memory of a sample: how far it was looked at. */
interface Memory {
  /** Where a command may yet begin, and what comes before that place. */
  searched: number;
  before: Before;
  /** Replies are looked for again when so many bytes are there. */
  nextLook: number;
}

function recall({ memory }: DetectionSample): Memory {
  const known = memory?.recall(REDIS_DETECTOR) as Memory | undefined;
  if (known !== undefined) return known;
  const fresh: Memory = { searched: 0, before: "hole", nextLook: 1 };
  memory?.remember(REDIS_DETECTOR, fresh);
  return fresh;
}

function detectClient({ data, sender, fromStart }: DetectionSample, memory: Memory): Detection {
  if (!fromStart) return searchCommand(data, memory) ? FROM_CLIENT : NEEDS_MORE;
  const start = passNothing(data);
  if (start < 0) return NEEDS_MORE;
  // A server that lists commands sends such arrays too: where nobody says who it is, only a name that is known tells.
  const command = beginsWithCommand(data, start, sender === "client");
  if (command === "yes") return FROM_CLIENT;
  if (command === "more") return NEEDS_MORE;
  return beginsWithInlineCommand(data, start) === "no" ? NOT_DETECTED : NEEDS_MORE;
}

/**
 * Where the first command begins that does something: empty lines and arrays of no item (`*0`, `*-5`) are passed over, as the server does
 * (`processMultibulkBuffer`). -1: what is there so far may be one of those.
 */
function passNothing(data: Uint8Array): number {
  let start = 0;
  for (let passed = 0; passed < MAX_EMPTY && start < data.length; passed++) {
    if (data[start] === CR || data[start] === LF) start++;
    else if (data[start] === STAR) {
      const text = String.fromCharCode(...data.subarray(start, start + MAX_EMPTY_ARRAY));
      const array = EMPTY_ARRAY.exec(text)?.[0];
      if (array === undefined) return EMPTY_ARRAY_BEGUN.test(text) ? -1 : start;
      start += array.length;
    } else break;
  }
  return start;
}

/** Goes on where the search stopped. */
function searchCommand(data: Uint8Array, memory: Memory): boolean {
  const { at, verdict } = findCommandStart(data.subarray(memory.searched), memory.before);
  if (verdict === "yes") return true;
  const isEnd = verdict === "no";
  // A line may end between these bytes and the next.
  const kept = isEnd && data.at(-1) === CR ? 1 : 0;
  memory.searched += at - kept;
  if (isEnd) memory.before = "line";
  else if (at > 0) memory.before = "line-end";
  return false;
}

function detectServer({ data, fromStart, other }: DetectionSample, memory: Memory): Detection {
  if (fromStart && !RESP_TYPES.has(data[0]!)) return NOT_DETECTED;
  const isAnswer = fromStart && other.length > 0;
  const start = passNothing(other);
  if (isAnswer && start < 0) return NEEDS_MORE;
  if (isAnswer && beginsWithInlineCommand(other, start) !== "yes")
    return beginsWithCommand(other, start, true) === "no" ? NOT_DETECTED : NEEDS_MORE;
  // However the bytes are cut, what begins like a reply is never said to be none.
  const mayBeReplies = ({ whole, isTelling, failed }: RepliesSeen): boolean =>
    // A server that greets first (POP3: `+OK`) has always said one line more than it was asked.
    !failed && (isAnswer ? whole > 0 && whole <= countLines(other) : isTelling && whole > 1);
  for (let seen = lookOnce(data, memory); seen !== undefined; seen = lookOnce(data, memory))
    if (mayBeReplies(seen)) return FROM_SERVER;
  return NEEDS_MORE;
}

/** Where lines end at first, then ever more rarely: at the same places however the bytes are cut. Undefined where more are needed. */
function lookOnce(data: Uint8Array, memory: Memory): RepliesSeen | undefined {
  const length = Math.min(data.length, MAX_SAMPLE);
  while (memory.nextLook <= length) {
    const look = memory.nextLook;
    memory.nextLook = look < ALWAYS ? look + 1 : Math.ceil(look * 1.25);
    if (look < ALWAYS && data[look - 1] !== LF) continue;
    return lookForReplies(data.subarray(0, look), 0);
  }
  return undefined;
}

function countLines(data: Uint8Array): number {
  return data.reduce((lines, byte) => (byte === LF ? lines + 1 : lines), 0);
}

const CR = 0x0d;
const LF = 0x0a;
const STAR = 0x2a;
const MAX_EMPTY = 16;
const EMPTY_ARRAY = /^\*(?:-\d{1,15}|0{1,16})\r\n/;
const EMPTY_ARRAY_BEGUN = /^\*(?:-\d{0,15}|0{1,16})\r?$/;
/** Bytes, line end included. */
const MAX_EMPTY_ARRAY = 24;
/** Bytes that are looked at to tell replies, and up to which they are looked at with each line. */
const MAX_SAMPLE = 4096;
const ALWAYS = 128;
