// Sends an exchange's report, once, and hears what became of it.

import { callOut, writeHeaders } from "./call";
import {
  ANSWER,
  CALL_RESPONSE_HEADERS,
  OK,
  answerData,
  answerSize,
  clearAnswer,
  proxy_get_header_map_value,
} from "./host";
import { ERROR, WARN, logSparsely } from "./log";
import { release, reserveScratch } from "./memory";
import {
  CALL_FAILED,
  CALL_REJECTED,
  DELIVERED,
  DISPATCHED,
  DISPATCH_REFUSED,
  DROPPED_MEMORY,
  TRUNCATED_MEMORY,
  count,
} from "./metrics";
import { truncate } from "./body";
import { addReportHeaders, askFacts, releaseFacts, writeReport } from "./payload";
import { FORMAT_SCN, Root } from "./root";
import { Message, Stream, requestOf, responseOf } from "./stream";
import { isText, startsWith, toBytes } from "./text";
import { beginWriting, writtenSize } from "./writer";

export function sendReport(root: Root, stream: Stream): void {
  askFacts(root, stream);
  addReportHeaders(root, stream);
  let to = writeAll(root, stream);
  if (to === 0) {
    giveUp(requestOf(stream));
    giveUp(responseOf(stream));
    to = writeAll(root, stream);
  }
  releaseFacts();
  if (to === 0) return count(DROPPED_MEMORY);
  root.callsUnderWay++;
  const status = callOut(
    root.cluster,
    root.clusterSize,
    "trace_analyzer",
    to + bodySize,
    headersSize,
    to,
    bodySize,
    root.timeout,
  );
  if (status === OK) return count(DISPATCHED);
  root.callsUnderWay--;
  count(DISPATCH_REFUSED);
  logSparsely(++root.failures, ERROR, "a report cannot be sent: is there a cluster for the backend?");
}

/** @param headers 0 where the call failed */
export function takeReportAnswer(root: Root, headers: u32): void {
  if (root.callsUnderWay === 0) return;
  root.callsUnderWay--;
  clearAnswer();
  if (
    headers === 0 ||
    proxy_get_header_map_value(CALL_RESPONSE_HEADERS, toBytes(":status"), 7, ANSWER, ANSWER + 4) !== OK ||
    answerData() === 0
  ) {
    count(CALL_FAILED);
    logSparsely(++root.failures, WARN, "no answer to a report");
    return;
  }
  const data = answerData();
  const size = answerSize();
  if (startsWith(data, size, "2")) count(DELIVERED);
  else {
    const isFailure = startsWith(data, size, "5");
    count(isFailure ? CALL_FAILED : CALL_REJECTED);
    if (isText(data, size, "404") && root.format === FORMAT_SCN && root.path === 0)
      logSparsely(
        ++root.failures,
        WARN,
        'the backend does not know /publish: APIClarity takes reports with "format": "apiclarity"; it answered ',
        data,
        size,
      );
    else logSparsely(++root.failures, WARN, "a report was answered with status ", data, size);
  }
  release(data);
}

let bodySize: u32 = 0;
let headersSize: u32 = 0;

/** The document with the call's headers behind it. @returns 0 where there is no memory for it */
function writeAll(root: Root, stream: Stream): usize {
  beginWriting(0);
  writeReport(root, stream);
  bodySize = writtenSize();
  writeHeaders();
  headersSize = writtenSize() - bodySize;
  const to = reserveScratch(bodySize + headersSize);
  if (to === 0) return 0;
  beginWriting(to);
  writeReport(root, stream);
  writeHeaders();
  return to;
}

function giveUp(message: Message): void {
  if (message.bodySize > 0) truncate(message, TRUNCATED_MEMORY);
}
