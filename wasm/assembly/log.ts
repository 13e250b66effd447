// Messages in the proxy's log: of this filter's own state, never of what passes.

import { proxy_log } from "./host";
import { charAt } from "./text";

export const INFO: u32 = 2;
export const WARN: u32 = 3;
export const ERROR: u32 = 4;

const SIZE: u32 = 512;
const LINE: usize = memory.data(512);

/** @param data further bytes at the end: a name out of the configuration, or a number's digits; at most 100 of them are told */
export function log(level: u32, text: string, data: usize = 0, size: u32 = 0): void {
  let at: u32 = 0;
  at = append("trace exporter: ", at);
  at = append(text, at);
  for (let from: u32 = 0; from < min<u32>(size, 100) && at < SIZE; from++) {
    const byte = load<u8>(data + from);
    store<u8>(LINE + at++, byte < 0x20 || byte > 0x7e ? 0x3f : byte);
  }
  proxy_log(level, LINE, at);
}

/** Says it at the first time, the second, the fourth, the eighth: a backend that is down must not fill the log. */
export function logSparsely(times: u32, level: u32, text: string, data: usize = 0, size: u32 = 0): void {
  if ((times & (times - 1)) === 0) log(level, text, data, size);
}

function append(text: string, at: u32): u32 {
  const size = min<u32>(text.length, SIZE - 128 - at);
  for (let from: u32 = 0; from < size; from++) store<u8>(LINE + at + from, charAt(text, from));
  return at + size;
}
