// The filter: what the proxy calls. It keeps a copy of each exchange, reports it once when the stream ends, and never changes, holds
// up or ends a stream: every callback answers 0 (Continue), also of contexts that it does not know.

import { keepChunk } from "./body";
import { readConfiguration } from "./configuration";
import {
  ANSWER,
  OK,
  REQUEST_BODY,
  REQUEST_HEADERS,
  RESPONSE_BODY,
  RESPONSE_HEADERS,
  answerData,
  answerSize,
  clearAnswer,
  proxy_get_header_map_pairs,
} from "./host";
import { allocateForHost, boundMemory, hasFailed, release } from "./memory";
import {
  DROPPED_MEMORY,
  DROPPED_UNREADABLE,
  DROPPED_WITHOUT_LOG,
  EXCHANGES,
  count,
  defineMetrics,
} from "./metrics";
import { findNamespace } from "./namespace";
import { sendReport, takeReportAnswer } from "./report";
import { Root, createRoot, releaseConfiguration } from "./root";
import { askForList, releaseHosts, setTick, takeList } from "./sampling";
import { CHOSEN, chooseHost, chooseRequest } from "./selection";
import {
  Message,
  Stream,
  createStream,
  deleteStream,
  deleteStreamsOf,
  findStream,
  releaseContent,
  requestOf,
  responseOf,
} from "./stream";
import { askProperty } from "./text";

let roots: usize = 0;

export function proxy_abi_version_0_2_0(): void {}

export function malloc(size: u32): usize {
  return allocateForHost(size);
}

export function proxy_on_memory_allocate(size: u32): usize {
  return allocateForHost(size);
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  proxy_on_delete(id);
  if (parent !== 0) {
    const root = findRoot(parent);
    if (root === 0) return;
    if (createStream(id, changetype<Root>(root)) === 0) {
      count(EXCHANGES);
      count(DROPPED_MEMORY);
    }
    return;
  }
  const root = createRoot(id);
  if (root === 0) return;
  changetype<Root>(root).next = roots;
  roots = root;
}

export function proxy_on_vm_start(_root: u32, _size: u32): u32 {
  return 1;
}

export function proxy_on_configure(id: u32, size: u32): u32 {
  defineMetrics();
  if (findRoot(id) === 0) proxy_on_context_create(id, 0);
  const pointer = findRoot(id);
  if (pointer === 0) return 1;
  const root = changetype<Root>(pointer);
  releaseHosts(root);
  const isAccepted = readConfiguration(root, size);
  boundAll();
  if (!isAccepted) return 0;
  if (root.samples) setTick(root.samplingInterval);
  askForList(root);
  return 1;
}

export function proxy_on_tick(id: u32): void {
  const root = findRoot(id);
  if (root !== 0) askForList(changetype<Root>(root));
}

export function proxy_on_request_headers(id: u32, _count: u32, _isEnd: u32): u32 {
  const pointer = findStream(id);
  if (pointer === 0) return 0;
  const stream = changetype<Stream>(pointer);
  if (stream.isSkipped || stream.isCounted) return 0;
  const root = changetype<Root>(stream.root);
  release(stream.destination);
  stream.destination = askProperty("destination\0address") ? answerData() : 0;
  stream.destinationSize = stream.destination === 0 ? 0 : answerSize();
  if (!keepHeaders(stream, requestOf(stream), REQUEST_HEADERS)) return 0;
  skipFor(stream, chooseRequest(root, stream));
  return 0;
}

export function proxy_on_request_body(id: u32, size: u32, _isEnd: u32): u32 {
  const pointer = findStream(id);
  if (pointer === 0) return 0;
  const stream = changetype<Stream>(pointer);
  if (!stream.isSkipped && !stream.isCounted)
    keepChunk(changetype<Root>(stream.root), requestOf(stream), REQUEST_BODY, size);
  return 0;
}

export function proxy_on_response_headers(id: u32, _count: u32, _isEnd: u32): u32 {
  const pointer = findStream(id);
  if (pointer === 0) return 0;
  const stream = changetype<Stream>(pointer);
  if (stream.isSkipped || stream.isCounted) return 0;
  const root = changetype<Root>(stream.root);
  findNamespace(root, stream);
  if (!keepHeaders(stream, responseOf(stream), RESPONSE_HEADERS)) return 0;
  skipFor(stream, chooseHost(root, stream));
  return 0;
}

export function proxy_on_response_body(id: u32, size: u32, _isEnd: u32): u32 {
  const pointer = findStream(id);
  if (pointer === 0) return 0;
  const stream = changetype<Stream>(pointer);
  if (!stream.isSkipped && !stream.isCounted)
    keepChunk(changetype<Root>(stream.root), responseOf(stream), RESPONSE_BODY, size);
  return 0;
}

export function proxy_on_http_call_response(id: u32, call: u32, headers: u32, size: u32, _trailers: u32): void {
  const pointer = findRoot(id);
  if (pointer === 0) return;
  const root = changetype<Root>(pointer);
  if (root.samplingCall !== 0 && root.samplingCall === call + 1) takeList(root, headers, size);
  else takeReportAnswer(root, headers);
}

export function proxy_on_done(id: u32): u32 {
  const pointer = findStream(id);
  if (pointer !== 0 && changetype<Root>(changetype<Stream>(pointer).root).flushesOnDone)
    finish(changetype<Stream>(pointer));
  return 1;
}

export function proxy_on_log(id: u32): void {
  const pointer = findStream(id);
  if (pointer !== 0) finish(changetype<Stream>(pointer));
}

export function proxy_on_delete(id: u32): void {
  const pointer = findStream(id);
  if (pointer !== 0) {
    if (!changetype<Stream>(pointer).isCounted) {
      count(EXCHANGES);
      count(DROPPED_WITHOUT_LOG);
    }
    return deleteStream(pointer);
  }
  deleteRoot(id);
}

/** Counts the exchange, and reports it if it was chosen: once, whichever of `done` and `log` comes first. */
function finish(stream: Stream): void {
  if (stream.isCounted) return;
  stream.isCounted = true;
  count(EXCHANGES);
  if (stream.isSkipped) count(stream.skipReason);
  else sendReport(changetype<Root>(stream.root), stream);
  releaseContent(stream);
}

function keepHeaders(stream: Stream, message: Message, map: u32): bool {
  release(message.headers);
  message.headers = 0;
  message.headersSize = 0;
  clearAnswer();
  const status = proxy_get_header_map_pairs(map, ANSWER, ANSWER + 4);
  if (status !== OK) {
    skipFor(stream, hasFailed() ? DROPPED_MEMORY : DROPPED_UNREADABLE);
    return false;
  }
  message.headers = answerData();
  message.headersSize = answerData() === 0 ? 0 : answerSize();
  message.hasHeaders = true;
  return true;
}

function skipFor(stream: Stream, reason: u32): void {
  if (reason === CHOSEN) return;
  stream.isSkipped = true;
  stream.skipReason = reason;
  releaseContent(stream);
}

function findRoot(id: u32): usize {
  let pointer = roots;
  while (pointer !== 0 && changetype<Root>(pointer).id !== id) pointer = changetype<Root>(pointer).next;
  return pointer;
}

function deleteRoot(id: u32): void {
  const pointer = findRoot(id);
  if (pointer === 0) return;
  const root = changetype<Root>(pointer);
  if (roots === pointer) roots = root.next;
  else {
    let before = changetype<Root>(roots);
    while (before.next !== pointer) before = changetype<Root>(before.next);
    before.next = root.next;
  }
  deleteStreamsOf(pointer);
  releaseHosts(root);
  releaseConfiguration(root);
  release(pointer);
  boundAll();
}

/** The memory is that of all root contexts together: the smallest limit holds, for the largest report. */
function boundAll(): void {
  let most: u64 = 0;
  let payload: u64 = 0;
  for (let pointer = roots; pointer !== 0; pointer = changetype<Root>(pointer).next) {
    const root = changetype<Root>(pointer);
    if (most === 0 || root.maxMemory < most) most = root.maxMemory;
    payload = max<u64>(payload, (<u64>root.maxBody * 8) / 3 + 131072);
  }
  if (most !== 0) boundMemory(most, payload);
}
