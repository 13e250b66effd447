import { CR, isWhiteSpace, LF } from "../../../wire/http1/characters.ts";
import type { Sender } from "../../protocol-analyzer.ts";
import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../../protocol-detector.ts";
import { Http1Analyzer } from "./http1-analyzer.ts";
import { LenientRequestLineTest, testCutStartLine } from "./start-line/lenient-request-line.ts";
import { findMessageStart, type Match, RequestLineTest, testStatusLine } from "./start-line/message-start.ts";

/** Recognises HTTP/1 by a request line or a status line: at the start, or anywhere in what was joined mid-stream. */
export const HTTP1_DETECTOR: ProtocolDetector = {
  protocol: "http/1.1",
  detect,
  create: (context) => new Http1Analyzer(context),
};

const FROM_CLIENT: Detection = { verdict: "yes", sender: "client" };
const FROM_SERVER: Detection = { verdict: "yes", sender: "server" };
const FROM_ACCEPTING_CLIENT: Detection = { verdict: "yes", sender: "client", reversesRole: true };

function detect(sample: DetectionSample): Detection {
  const { memory } = sample;
  const known = (memory?.recall(HTTP1_DETECTOR) as Known | undefined) ?? { start: 0, searched: 0 };
  const detection = look(sample, known);
  // Another may not be sure yet of what this one has refused, and it is asked again.
  if (detection.verdict !== "yes") memory?.remember(HTTP1_DETECTOR, known);
  return detection;
}

function look({ data, fromStart, sender, isCut }: DetectionSample, known: Known): Detection {
  while (known.start < data.length && isBeforeLine(data[known.start]!)) known.start++;
  const { start } = known;
  if (!fromStart && isCut !== true) return searchMessage(data, sender, known);
  if (start < data.length) known.requestLine ??= new RequestLineTest(start);
  const strict: Match = known.requestLine?.test(data) ?? "more";
  // Only what leaves no doubt tells against the handshake.
  if (sender === "server" && fromStart && strict === "yes") return FROM_ACCEPTING_CLIENT;
  const request: Match =
    sender === "server" ? (fromStart ? undoubted(strict) : "no") : testRequest(strict, data, known, fromStart);
  if (request === "yes") return FROM_CLIENT;
  const response: Match = sender === "client" ? "no" : testStatusLine(data, start);
  if (response === "yes") return FROM_SERVER;
  if (isCut === true) {
    if (sender !== "server" && testCutStartLine("request", data, start)) return FROM_CLIENT;
    if (sender !== "client" && testCutStartLine("response", data, start)) return FROM_SERVER;
  }
  if (!fromStart) return searchMessage(data, sender, known);
  return request === "more" || response === "more" ? NEEDS_MORE : NOT_DETECTED;
}

/** Looks for the beginning of a message anywhere. */
function searchMessage(data: Uint8Array, sender: Sender | undefined, known: Known): Detection {
  const request = sender === "server" ? undefined : findMessageStart("request", data, known.searched);
  if (request !== undefined && request.start >= 0) return FROM_CLIENT;
  const response = sender === "client" ? undefined : findMessageStart("response", data, known.searched);
  if (response !== undefined && response.start >= 0) return FROM_SERVER;
  const pending = [request, response].flatMap((found) =>
    found === undefined || found.pending < 0 ? [] : found.pending,
  );
  known.searched = Math.min(data.length, ...pending);
  return NEEDS_MORE;
}

/**
 * A request line by the grammar, or as lenient readers take it: in the middle of a stream a search that took every such line would
 * find too much.
 */
function testRequest(strict: Match, data: Uint8Array, known: Known, fromStart: boolean): Match {
  if (strict !== "no" || !fromStart) return strict;
  known.lenientLine ??= new LenientRequestLineTest(known.start);
  return known.lenientLine.test(data);
}

function isBeforeLine(c: number): boolean {
  return c === CR || c === LF || isWhiteSpace(c);
}

/** Only a whole request line shows that the side that accepted asks: nothing else waits for more bytes. */
function undoubted(strict: Match): Match {
  return strict === "more" ? "more" : "no";
}

/** The facts known of a sample after it was looked at. */
interface Known {
  /** Where the first line begins: line ends before it are passed over. */
  start: number;
  requestLine?: RequestLineTest;
  lenientLine?: LenientRequestLineTest;
  /** How many bytes were searched for a message's beginning. */
  searched: number;
}
