import { comparePreface, DEFAULT_MAX_FRAME_SIZE, FrameFinder, judgeFirstSettings } from "../../../wire/http2/index.ts";
import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../../protocol-detector.ts";
import { Http2Analyzer } from "./http2-analyzer.ts";

/**
 * Recognises HTTP/2 by the client's preface or the server's first SETTINGS; where the start was missed, by several frame
 * headers in a row.
 */
export const HTTP2_DETECTOR: ProtocolDetector = {
  protocol: "h2",
  detect,
  create: (context) => new Http2Analyzer(context),
  upgradeToken: "h2c",
  createUpgraded: (context, upgrade) => new Http2Analyzer(context, upgrade),
};

function detect({ data, fromStart, memory }: DetectionSample): Detection {
  const preface = comparePreface(data, 0, data.length);
  if (preface === "whole") return { verdict: "yes", sender: "client" };
  if (preface === "begun") return NEEDS_MORE;
  if (fromStart) {
    const settings = judgeFirstSettings(data);
    if (settings === "no") return NOT_DETECTED;
    return settings === "more" ? NEEDS_MORE : { verdict: "yes", sender: "server" };
  }
  const search = (memory?.recall(HTTP2_DETECTOR) as Search | undefined) ?? { finder: createFinder(), pushed: 0 };
  memory?.remember(HTTP2_DETECTOR, search);
  const found = search.finder.push(data, search.pushed, data.length, NO_TIME, NOTHING_KNOWN);
  search.pushed = data.length;
  if (found >= 0) return { verdict: "yes" };
  return search.finder.isOpen ? NEEDS_MORE : NOT_DETECTED;
}

/** The search of a sample, and how much of it was given to it. */
interface Search {
  readonly finder: FrameFinder;
  pushed: number;
}

/** Whoever asks bounds the sample, and is charged for it. */
function createFinder(): FrameFinder {
  return new FrameFinder(Number.POSITIVE_INFINITY, undefined);
}

const NOTHING_KNOWN = { maxFrameSize: DEFAULT_MAX_FRAME_SIZE, lastStreamId: 0 };
const NO_TIME = { seconds: 0, nanos: 0 };
