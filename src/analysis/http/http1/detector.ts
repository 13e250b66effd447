import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../../protocol-detector.ts";
import { Http1Analyzer } from "./http1-analyzer.ts";
import { findMessageStart, type Match, RequestLineTest, testStatusLine } from "./message-start.ts";

/** Recognises HTTP/1 by a request line or a status line: at the start, or anywhere in what was joined mid-stream. */
export const HTTP1_DETECTOR: ProtocolDetector = {
  protocol: "http/1.1",
  detect,
  create: (context) => new Http1Analyzer(context),
};

const FROM_CLIENT: Detection = { verdict: "yes", sender: "client" };
const FROM_SERVER: Detection = { verdict: "yes", sender: "server" };

function detect({ data, fromStart, sender, memory }: DetectionSample): Detection {
  const known = (memory?.get(HTTP1_DETECTOR) as Known | undefined) ?? { start: 0, searched: 0 };
  memory?.set(HTTP1_DETECTOR, known);
  while (known.start < data.length && (data[known.start] === 0x0d || data[known.start] === 0x0a)) known.start++;
  const { start, searched } = known;
  if (start < data.length) known.requestLine ??= new RequestLineTest(start);
  const request: Match = sender === "server" ? "no" : (known.requestLine?.test(data) ?? "more");
  if (request === "yes") return FROM_CLIENT;
  const response: Match = sender === "client" ? "no" : testStatusLine(data, start);
  if (response === "yes") return FROM_SERVER;
  if (!fromStart) {
    known.searched = data.length;
    if (sender !== "server" && findMessageStart("request", data, searched) >= 0) return FROM_CLIENT;
    if (sender !== "client" && findMessageStart("response", data, searched) >= 0) return FROM_SERVER;
    return NEEDS_MORE;
  }
  return request === "more" || response === "more" ? NEEDS_MORE : NOT_DETECTED;
}

/** The facts known of a sample after it was looked at. */
interface Known {
  /** Where the first line begins: line ends before it are passed over. */
  start: number;
  requestLine?: RequestLineTest;
  /** How many bytes were searched for a message's beginning. */
  searched: number;
}
