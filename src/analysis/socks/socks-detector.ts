import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../protocol-detector.ts";
import { answers, measureClient } from "./measure-handshake.ts";
import { SocksAnalyzer } from "./socks-analyzer.ts";

/**
 * Recognises SOCKS 5 (RFC 1928) by its methods and the request behind them, or by the server's answer to the methods; SOCKS 4, whose
 * request has little of its own, by its answer alone. What the handshake opens is detected afresh.
 */
export const SOCKS_DETECTOR: ProtocolDetector = {
  protocol: "socks",
  isOneSided: true,
  detect,
  create: (context) => new SocksAnalyzer(context),
};

const FROM_CLIENT: Detection = { verdict: "yes", sender: "client" };
const FROM_SERVER: Detection = { verdict: "yes", sender: "server" };

function detect({ data, fromStart, sender, transport, other }: DetectionSample): Detection {
  if (!fromStart || transport !== "tcp") return NOT_DETECTED;
  const asks = sender === "server" ? "no" : judgeClient(data, other);
  if (asks === "yes") return FROM_CLIENT;
  const answered = sender === "client" || other.length === 0 ? "no" : judgeServer(data, other);
  if (answered === "yes") return FROM_SERVER;
  return asks === "more" || answered === "more" ? NEEDS_MORE : NOT_DETECTED;
}

function judgeClient(data: Uint8Array, server: Uint8Array): Verdict {
  const length = measureClient(data);
  if (length === "none") return "no";
  const answered = answers(server, data);
  return answered === "more" && length !== "more" && data[0] === 5 ? "yes" : answered;
}

function judgeServer(data: Uint8Array, client: Uint8Array): Verdict {
  return measureClient(client) === "none" ? "no" : answers(data, client);
}

type Verdict = Detection["verdict"];
