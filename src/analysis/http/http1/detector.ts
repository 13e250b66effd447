import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../../protocol-detector.ts";
import { Http1Analyzer } from "./http1-analyzer.ts";
import { findMessageStart, type Match, testRequestLine, testStatusLine } from "./message-start.ts";

/** Recognises HTTP/1 by a request line or a status line: at the start, or anywhere in what was joined mid-stream. */
export const HTTP1_DETECTOR: ProtocolDetector = {
  protocol: "http/1.1",
  detect,
  create: (context) => new Http1Analyzer(context),
};

const FROM_CLIENT: Detection = { verdict: "yes", sender: "client" };
const FROM_SERVER: Detection = { verdict: "yes", sender: "server" };

function detect({ data, fromStart, sender }: DetectionSample): Detection {
  let start = 0;
  while (start < data.length && (data[start] === 0x0d || data[start] === 0x0a)) start++;
  const request: Match = sender === "server" ? "no" : testRequestLine(data, start);
  if (request === "yes") return FROM_CLIENT;
  const response: Match = sender === "client" ? "no" : testStatusLine(data, start);
  if (response === "yes") return FROM_SERVER;
  if (!fromStart) {
    if (sender !== "server" && findMessageStart("request", data) >= 0) return FROM_CLIENT;
    if (sender !== "client" && findMessageStart("response", data) >= 0) return FROM_SERVER;
    return NEEDS_MORE;
  }
  return request === "more" || response === "more" ? NEEDS_MORE : NOT_DETECTED;
}
