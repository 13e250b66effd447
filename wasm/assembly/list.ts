// A list of byte strings, for the lists of the configuration: a count, then a pointer and a size each. The bytes are borrowed.

import { allocate, release } from "./memory";
import { isSame, isSameIgnoringCase, lower } from "./text";

const MOST: u32 = 500;

/** An empty list with room for at most 500; 0 where there is no memory. */
export function createList(): usize {
  const list = allocate(4 + MOST * 8);
  if (list !== 0) store<u32>(list, 0);
  return list;
}

/** @returns false where the list is full */
export function addToList(list: usize, data: usize, size: u32): bool {
  if (list === 0) return false;
  const count = load<u32>(list);
  if (count >= MOST) return false;
  store<u32>(list + 4 + (count << 3), <u32>data);
  store<u32>(list + 8 + (count << 3), size);
  store<u32>(list, count + 1);
  return true;
}

export function releaseList(list: usize): void {
  release(list);
}

// @ts-ignore: decorator
@inline
export function listCount(list: usize): u32 {
  return list === 0 ? 0 : load<u32>(list);
}

// @ts-ignore: decorator
@inline
export function listData(list: usize, index: u32): usize {
  return load<u32>(list + 4 + (index << 3));
}

// @ts-ignore: decorator
@inline
export function listSize(list: usize, index: u32): u32 {
  return load<u32>(list + 8 + (index << 3));
}

/** Whether the list has it, in whatever case. */
export function hasName(list: usize, data: usize, size: u32): bool {
  for (let index: u32 = 0; index < listCount(list); index++)
    if (isSameIgnoringCase(listData(list, index), listSize(list, index), data, size)) return true;
  return false;
}

/** Whether an item of the list is what it begins with, in whatever case or `exactly`. */
export function hasPrefix(list: usize, data: usize, size: u32, exactly: bool): bool {
  for (let index: u32 = 0; index < listCount(list); index++) {
    const prefix = listData(list, index);
    const length = listSize(list, index);
    if (length === 0 || length > size || lower(load<u8>(prefix)) !== lower(load<u8>(data))) continue;
    if (exactly ? isSame(prefix, length, data, length) : isSameIgnoringCase(prefix, length, data, length)) return true;
  }
  return false;
}
