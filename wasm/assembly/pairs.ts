// A map of headers as the host serialises it, read where it lies: a count, the sizes of each name and value, then their bytes, each with
// a NUL behind it. Empty maps come in three forms: nothing, four zero bytes, a single zero byte.

import { isName } from "./text";

/** The pair that was read last. */
export let keyData: usize = 0;
export let keySize: u32 = 0;
export let valueData: usize = 0;
export let valueSize: u32 = 0;

let sizes: usize = 0;
let bytes: usize = 0;
let end: usize = 0;
let left: u32 = 0;

export function openPairs(data: usize, size: u32): void {
  left = 0;
  if (data === 0 || size < 4) return;
  const count = load<u32>(data);
  if (<u64>count * 8 + 4 > size) return;
  left = count;
  sizes = data + 4;
  bytes = sizes + (count << 3);
  end = data + size;
}

/** Whether there is a further pair; a map that is not what it should be ends where it stops being so. */
export function nextPair(): bool {
  if (left === 0) return false;
  left--;
  keySize = load<u32>(sizes);
  valueSize = load<u32>(sizes, 4);
  sizes += 8;
  if (<u64>keySize + valueSize + 2 > <u64>(end - bytes)) {
    left = 0;
    return false;
  }
  keyData = bytes;
  valueData = bytes + keySize + 1;
  bytes = valueData + valueSize + 1;
  return true;
}

/** The value of the first header of that name, in whatever case, into `valueData` and `valueSize`; an empty one where there is none. */
export function findValue(data: usize, size: u32, name: string): bool {
  openPairs(data, size);
  while (nextPair()) if (isName(keyData, keySize, name)) return true;
  valueData = data;
  valueSize = 0;
  return false;
}
