// The report of an exchange, in the two formats there are: `scn`, flat and with headers as pairs, and `apiclarity`.

import { addHeader, addHeaderOr, beginHeaders, writeHeaders } from "./call";
import { ANSWER, answerData, answerSize, proxy_get_current_time_nanoseconds } from "./host";
import { isWithNamespace, nameData, nameSize } from "./host-name";
import { hasName, hasPrefix } from "./list";
import { release } from "./memory";
import { findNamespace } from "./namespace";
import { findValue, keyData, keySize, nextPair, openPairs, valueData, valueSize } from "./pairs";
import { isUrlWithQuery, writeMarkedValue, writeUrl } from "./redaction";
import { FORMAT_SCN, Root } from "./root";
import { findHostName } from "./selection";
import { Message, Stream, requestOf, responseOf } from "./stream";
import { askProperty } from "./text";
import { writeBody } from "./body";
import { isUtf8, writeByte, writeNumber, writeString, writeStringPart, writeText } from "./writer";

const NANOS_PER_MILLI: u64 = 1000000;

// Facts of the stream that the host is asked for once a report.
let source: usize = 0;
let sourceSize: u32 = 0;
let version: usize = 0;
let versionSize: u32 = 0;
let requestMillis: u64 = 0;
let responseMillis: u64 = 0;

/**
 * Asks for what is known at a stream's end alone; `releaseFacts` gives it back. The original of format apiclarity learns of the service
 * with the messages' headers, and of one that never came no more.
 */
export function askFacts(root: Root, stream: Stream): void {
  if (root.format === FORMAT_SCN || !root.isCompatible) {
    if (stream.destination === 0 && askProperty("destination\0address")) {
      stream.destination = answerData();
      stream.destinationSize = answerSize();
    }
    if (stream.namespace === 0) findNamespace(root, stream);
  }
  source = askProperty("source\0address") ? answerData() : 0;
  sourceSize = source === 0 ? 0 : answerSize();
  version = !root.isCompatible && askProperty("request\0protocol") ? answerData() : 0;
  versionSize = version === 0 ? 0 : answerSize();
  const duration = askNanos("request\0duration") / NANOS_PER_MILLI;
  requestMillis = askNanos("request\0time") / NANOS_PER_MILLI;
  if (requestMillis === 0) {
    store<u64>(ANSWER, 0, 8);
    proxy_get_current_time_nanoseconds(ANSWER + 8);
    const now = load<u64>(ANSWER, 8) / NANOS_PER_MILLI;
    requestMillis = now > duration ? now - duration : now;
  }
  responseMillis = requestMillis + duration;
}

export function releaseFacts(): void {
  release(source);
  release(version);
  source = version = 0;
}

/** The headers of the call that carries it. */
export function addReportHeaders(root: Root, stream: Stream): void {
  const isScn = root.format === FORMAT_SCN;
  const request = requestOf(stream);
  beginHeaders();
  addHeaderOr(":method", 0, 0, "POST");
  addHeaderOr(":authority", root.authority, root.authoritySize, isScn ? "scn" : "apiclarity");
  addHeaderOr(":path", root.path, root.pathSize, isScn ? "/publish" : "/api/telemetry");
  if (isScn) addHeaderOr("nats-subject", root.subject, root.subjectSize, "portshift.messaging.io");
  addHeaderOr("accept", 0, 0, "*/*");
  if (!isScn) addHeaderOr("Content-Type", 0, 0, "application/json");
  findValue(request.headers, request.headersSize, "x-request-id");
  addHeader("x-request-id", valueData, valueSize);
  if (root.token !== 0) addHeader("x-trace-source-token", root.token, root.tokenSize);
}

/** The document, and the call's headers behind it. */
export function writeReport(root: Root, stream: Stream): void {
  const isScn = root.format === FORMAT_SCN;
  const request = requestOf(stream);
  const response = responseOf(stream);
  writeText(isScn ? '{"request_id":' : '{"requestID":');
  writeHeader(request, "x-request-id");
  writeText(',"scheme":');
  writeScheme(root, request);
  writeText(isScn ? ',"destination_address":' : ',"destinationAddress":');
  writeString(stream.destination, stream.destinationSize);
  writeText(isScn ? ',"destination_namespace":' : ',"destinationNamespace":');
  writeString(stream.namespace, stream.namespaceSize);
  writeText(isScn ? ',"source_address":' : ',"sourceAddress":');
  writeString(source, sourceSize);
  writeText(isScn ? ',"scnt_request":{"method":' : ',"request":{"method":');
  writeHeader(request, ":method");
  writeText(',"path":');
  findValue(request.headers, request.headersSize, ":path");
  if (root.redacts) writeUrl(root.redactedQuery, valueData, valueSize);
  else writeString(valueData, valueSize);
  writeText(',"host":');
  writeHost(root, stream);
  writeMessage(root, request, true);
  writeText(isScn ? ',"scnt_response":{"status_code":' : ',"response":{"statusCode":');
  writeHeader(response, ":status");
  writeMessage(root, response, false);
  writeByte(0x7d);
}

function writeHeader(message: Message, name: string): void {
  findValue(message.headers, message.headersSize, name);
  writeString(valueData, valueSize);
}

function writeScheme(root: Root, request: Message): void {
  if (root.isCompatible) return writeText('""');
  if (!findValue(request.headers, request.headersSize, ":scheme"))
    findValue(request.headers, request.headersSize, "x-forwarded-proto");
  writeString(valueData, valueSize);
}

function writeHost(root: Root, stream: Stream): void {
  if (root.format === FORMAT_SCN) return writeHeader(requestOf(stream), ":authority");
  findHostName(root, stream);
  writeByte(0x22);
  writeStringPart(nameData, nameSize, isUtf8(nameData, nameSize));
  if (isWithNamespace) {
    writeByte(0x2e);
    writeStringPart(stream.namespace, stream.namespaceSize, isUtf8(stream.namespace, stream.namespaceSize));
  }
  writeByte(0x22);
}

function writeMessage(root: Root, message: Message, isRequest: bool): void {
  const isScn = root.format === FORMAT_SCN;
  writeText(isScn ? ',"version":' : ',"common":{"version":');
  if (message.hasHeaders) writeString(version, versionSize);
  else writeText('""');
  writeText(',"headers":[');
  writeMessageHeaders(root, message, isRequest);
  writeText('],"body":"');
  writeBody(message);
  writeText(isScn ? '","truncated_body":' : '","TruncatedBody":');
  writeText(message.isTruncated ? "true" : "false");
  if (!isScn) {
    writeText(',"time":');
    writeNumber(isRequest ? requestMillis : responseMillis);
    writeByte(0x7d);
  }
  writeByte(0x7d);
}

function writeMessageHeaders(root: Root, message: Message, isRequest: bool): void {
  let isFirst = true;
  if (isRequest && message.hasHeaders) {
    findValue(message.headers, message.headersSize, ":authority");
    openHeader(root);
    writeText(root.format === FORMAT_SCN ? '"host",' : '"host","value":');
    writeString(valueData, valueSize);
    closeHeader(root);
    isFirst = false;
  }
  openPairs(message.headers, message.headersSize);
  while (nextPair()) {
    if (keySize > 0 && load<u8>(keyData) === 0x3a) continue;
    if (hasPrefix(root.excludedPrefixes, keyData, keySize, root.isCompatible)) continue;
    if (!isFirst) writeByte(0x2c);
    isFirst = false;
    openHeader(root);
    writeString(keyData, keySize);
    writeText(root.format === FORMAT_SCN ? "," : ',"value":');
    writeValue(root);
    closeHeader(root);
  }
}

function writeValue(root: Root): void {
  if (!root.redacts) writeString(valueData, valueSize);
  else if (hasName(root.redactedHeaders, keyData, keySize)) writeMarkedValue(keyData, keySize, valueData, valueSize);
  else if (isUrlWithQuery(valueData, valueSize)) writeUrl(root.redactedQuery, valueData, valueSize);
  else writeString(valueData, valueSize);
}

function openHeader(root: Root): void {
  writeText(root.format === FORMAT_SCN ? "[" : '{"key":');
}

function closeHeader(root: Root): void {
  writeByte(root.format === FORMAT_SCN ? 0x5d : 0x7d);
}

/** A time or a duration in nanoseconds; 0 where the host does not know it. */
function askNanos(path: string): u64 {
  if (!askProperty(path)) return 0;
  const nanos = answerSize() >= 8 ? load<u64>(answerData()) : 0;
  release(answerData());
  return nanos;
}
