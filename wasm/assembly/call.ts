// Calls out of the proxy: their headers, and the call itself.

import { ANSWER, clearAnswer, proxy_http_call } from "./host";
import { charAt } from "./text";
import { writeBytes, writeByte, writeUint32 } from "./writer";

const MOST: u32 = 10;
/** Of each header where its name and its value are, and their sizes. */
const HEADERS: usize = memory.data(160);
const STATICS_SIZE: u32 = 512;
const STATICS: usize = memory.data(512);
const NO_TRAILERS: usize = memory.data(4);
let headers: u32 = 0;
let statics: u32 = 0;

export function beginHeaders(): void {
  headers = 0;
  statics = 0;
}

export function addHeader(name: string, value: usize, size: u32): void {
  if (headers >= MOST) return;
  const entry = HEADERS + (headers++ << 4);
  const length = <u32>name.length;
  store<u32>(entry, <u32>addStatic(name));
  store<u32>(entry, length, 4);
  store<u32>(entry, <u32>value, 8);
  store<u32>(entry, size, 12);
}

/** A header whose value is the configuration's where it has one, else the static text. */
export function addHeaderOr(name: string, value: usize, size: u32, otherwise: string): void {
  if (value !== 0) addHeader(name, value, size);
  else addHeader(name, addStatic(otherwise), otherwise.length);
}

/** Writes the headers in the form of the ABI. */
export function writeHeaders(): void {
  writeUint32(headers);
  for (let at: u32 = 0; at < headers; at++) {
    writeUint32(load<u32>(HEADERS + (at << 4), 4));
    writeUint32(load<u32>(HEADERS + (at << 4), 12));
  }
  for (let at: u32 = 0; at < headers; at++) {
    const entry = HEADERS + (at << 4);
    writeBytes(load<u32>(entry), load<u32>(entry, 4));
    writeByte(0);
    writeBytes(load<u32>(entry, 8), load<u32>(entry, 12));
    writeByte(0);
  }
}

/** @returns the host's status; the call's number is in `ANSWER` then */
export function callOut(
  cluster: usize,
  clusterSize: u32,
  otherwise: string,
  headersAt: usize,
  headersSize: u32,
  body: usize,
  bodySize: u32,
  timeout: u32,
): u32 {
  beginHeaders();
  const name = cluster !== 0 ? cluster : addStatic(otherwise);
  const size = cluster !== 0 ? clusterSize : otherwise.length;
  clearAnswer();
  return proxy_http_call(name, size, headersAt, headersSize, body, bodySize, NO_TRAILERS, 4, timeout, ANSWER);
}

function addStatic(text: string): usize {
  const size = <u32>text.length;
  if (statics + size > STATICS_SIZE) return STATICS;
  const bytes = STATICS + statics;
  for (let at: u32 = 0; at < size; at++) store<u8>(bytes + at, charAt(text, at));
  statics += size;
  return bytes;
}
