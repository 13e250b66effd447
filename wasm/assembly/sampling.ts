// Selective traces: which hosts are traced says a manager, whose list is asked for at the start and again from time to time.

import { addHeader, addHeaderOr, beginHeaders, callOut, writeHeaders } from "./call";
import {
  ANSWER,
  CALL_RESPONSE_BODY,
  CALL_RESPONSE_HEADERS,
  OK,
  answerData,
  answerSize,
  clearAnswer,
  proxy_get_buffer_bytes,
  proxy_get_header_map_value,
  proxy_set_tick_period_milliseconds,
} from "./host";
import { enter, nextItem, nextMember, openJson, peekValue, readString, skipValue, stringData, stringSize } from "./json-reader";
import { WARN, log, logSparsely } from "./log";
import { allocate, release, reserveScratch } from "./memory";
import { LISTS_FAILED, LISTS_TAKEN, count } from "./metrics";
import { Root } from "./root";
import { hashBytes, isSame, isText, startsWith, toBytes } from "./text";
import { beginWriting, writtenSize } from "./writer";

const FIRST_RETRY: u32 = 1000;
const MOST_HOSTS: u32 = 1000000;

/** Asks for the list, if the configuration says so; a call that is under way is waited for. */
export function askForList(root: Root): void {
  if (!root.samples || root.samplingCall !== 0) return;
  beginHeaders();
  addHeaderOr(":method", 0, 0, "GET");
  addHeaderOr(":authority", 0, 0, "apiclarity");
  addHeaderOr(":path", root.samplingPath, root.samplingPathSize, "/api/hostsToTrace");
  addHeaderOr("accept", 0, 0, "*/*");
  if (root.token !== 0) addHeader("x-trace-source-token", root.token, root.tokenSize);
  beginWriting(0);
  writeHeaders();
  const size = writtenSize();
  const to = reserveScratch(size);
  if (to === 0) return listFailed(root, "no memory to ask for the hosts to trace");
  beginWriting(to);
  writeHeaders();
  const status = callOut(
    root.samplingCluster,
    root.samplingClusterSize,
    "trace-sampling-manager",
    to,
    size,
    0,
    0,
    root.timeout,
  );
  if (status !== OK) return listFailed(root, "the hosts to trace cannot be asked for: is there a cluster for the manager?");
  root.samplingCall = load<u32>(ANSWER) + 1;
}

/** The answer to it. @param headers 0 where the call failed */
export function takeList(root: Root, headers: u32, size: u32): void {
  root.samplingCall = 0;
  if (headers === 0) return listFailed(root, "no answer with the hosts to trace");
  if (!isStatusOk()) return listFailed(root, "the answer with the hosts to trace has not status 200");
  if (!isJson()) return listFailed(root, "the answer with the hosts to trace is not application/json");
  clearAnswer();
  const status = proxy_get_buffer_bytes(CALL_RESPONSE_BODY, 0, size, ANSWER, ANSWER + 4);
  const data = answerData();
  if (status !== OK || data === 0) return listFailed(root, "the answer with the hosts to trace cannot be read");
  if (!readHosts(root, data, answerSize())) {
    release(data);
    return listFailed(root, "the answer with the hosts to trace is no list: {\"hosts\":[\"name:port\"]} is wanted");
  }
  root.hasList = true;
  count(LISTS_TAKEN);
  if (root.samplingRetry !== 0) setTick(root.samplingInterval);
  root.samplingRetry = 0;
}

export function setTick(period: u32): void {
  if (proxy_set_tick_period_milliseconds(period) !== OK) log(WARN, "the timer for the hosts to trace cannot be set");
}

export function releaseHosts(root: Root): void {
  release(root.hosts);
  release(root.hostsSource);
  root.hosts = root.hostsSource = 0;
  root.hasList = false;
}

/** Whether the list has `name[.namespace]:port`, or `*`. */
export function isListed(
  root: Root,
  name: usize,
  nameSize: u32,
  namespace: usize,
  namespaceSize: u32,
  port: usize,
  portSize: u32,
): bool {
  if (!root.hasList) return root.tracesBeforeList;
  if (root.hosts === 0) return false;
  if (find(root.hosts, toBytes("*"), 1, 0, 0, 0, 0)) return true;
  return find(root.hosts, name, nameSize, namespace, namespaceSize, port, portSize);
}

/** Soon again, then later and later: a cluster may come after the filter. */
function listFailed(root: Root, reason: string): void {
  count(LISTS_FAILED);
  logSparsely(++root.failures, WARN, reason);
  const retry = root.samplingRetry === 0 ? FIRST_RETRY : root.samplingRetry << 1;
  root.samplingRetry = min(retry, root.samplingInterval);
  setTick(root.samplingRetry);
}

function isStatusOk(): bool {
  clearAnswer();
  const status = proxy_get_header_map_value(CALL_RESPONSE_HEADERS, toBytes(":status"), 7, ANSWER, ANSWER + 4);
  const isOk = status === OK && answerData() !== 0 && isText(answerData(), answerSize(), "200");
  release(answerData());
  return isOk;
}

/** Its type, where it has one, is JSON's, with whatever parameters. */
function isJson(): bool {
  clearAnswer();
  const status = proxy_get_header_map_value(CALL_RESPONSE_HEADERS, toBytes("content-type"), 12, ANSWER, ANSWER + 4);
  if (status !== OK || answerSize() === 0) return true;
  const data = answerData();
  const size = answerSize();
  const isRight =
    startsWith(data, size, "application/json") &&
    (size === 16 || load<u8>(data + 16) === 0x3b || load<u8>(data + 16) === 0x20);
  release(data);
  return isRight;
}

// The set: its slots less one, then a pointer and a size each, found by hash and open addressing.

function readHosts(root: Root, data: usize, size: u32): bool {
  if (!openJson(data, size) || peekValue() !== 0x7b) return false;
  let slots: u32 = 16;
  for (let at: u32 = 0; at < size; at++) if (load<u8>(data + at) === 0x2c) slots += 2;
  let power: u32 = 16;
  while (power < min(slots, MOST_HOSTS)) power <<= 1;
  const table = allocate(4 + (power << 3));
  if (table === 0) return false;
  memory.fill(table, 0, 4 + (power << 3));
  store<u32>(table, power - 1);
  let left = power >> 1;
  enter();
  while (nextMember()) {
    if (!isText(stringData, stringSize, "hosts") || peekValue() !== 0x5b) {
      skipValue();
      continue;
    }
    enter();
    while (nextItem()) {
      if (peekValue() !== 0x22 || left === 0) {
        skipValue();
        continue;
      }
      readString();
      insert(table, stringData, stringSize);
      left--;
    }
  }
  releaseHosts(root);
  root.hosts = table;
  root.hostsSource = data;
  return true;
}

function insert(table: usize, data: usize, size: u32): void {
  const mask = load<u32>(table);
  let slot = hashBytes(data, size) & mask;
  while (load<u32>(table + 4 + (slot << 3)) !== 0) slot = (slot + 1) & mask;
  store<u32>(table + 4 + (slot << 3), <u32>data);
  store<u32>(table + 8 + (slot << 3), size);
}

function find(
  table: usize,
  name: usize,
  nameSize: u32,
  namespace: usize,
  namespaceSize: u32,
  port: usize,
  portSize: u32,
): bool {
  let hash = hashBytes(name, nameSize);
  if (namespaceSize > 0) hash = hashBytes(namespace, namespaceSize, (hash ^ 0x2e) * 0x01000193);
  if (portSize > 0) hash = hashBytes(port, portSize, (hash ^ 0x3a) * 0x01000193);
  const namespaced = namespaceSize > 0 ? namespaceSize + 1 : 0;
  const size = nameSize + namespaced + (portSize > 0 ? portSize + 1 : 0);
  const mask = load<u32>(table);
  for (let slot = hash & mask; load<u32>(table + 4 + (slot << 3)) !== 0; slot = (slot + 1) & mask) {
    const entry: usize = load<u32>(table + 4 + (slot << 3));
    if (load<u32>(table + 8 + (slot << 3)) !== size || !isSame(entry, nameSize, name, nameSize)) continue;
    if (namespaceSize > 0 && !isSame(entry + nameSize + 1, namespaceSize, namespace, namespaceSize)) continue;
    if (namespaceSize > 0 && load<u8>(entry + nameSize) !== 0x2e) continue;
    if (portSize === 0) return true;
    const colon = entry + nameSize + namespaced;
    if (load<u8>(colon) === 0x3a && isSame(colon + 1, portSize, port, portSize)) return true;
  }
  return false;
}
