// The module's memory. Nothing is garbage-collected: what is allocated is released by its owner, so that the host may allocate in the
// middle of any call, and memory in use is known to the page.
//
//     pages of 64 KiB ─┬─ of slots of one size (64, 256, 1020, 4092, 16368 bytes), given back when all slots are free
//                      ├─ runs of pages for what is larger
//                      └─ the scratch run in which payloads are built
//
// Memory of a module never shrinks: what is given back is used again.

const PAGE: u32 = 65536;
const PAGE_HEADER: u32 = 64;
const RUN_HEADER: u32 = 16;

// The header of a page of slots.
const SLOT_CLASS: usize = 0;
const FREE_HEAD: usize = 4;
const FREE_COUNT: usize = 8;
const NEXT_PAGE: usize = 12;
const PREVIOUS_PAGE: usize = 16;
const FRESH: usize = 20;

const CLASSES: u32 = 5;
const CLASS_SIZES: usize = memory.data<u32>([64, 256, 1020, 4092, 16368]);
/** Pages with free slots, a list for each class. */
const PARTIAL: usize = memory.data(20);
/** A bit for each page there can be: set while it is used. */
const IN_USE: usize = memory.data(8192);

let firstPage: u32 = 0;
let lowestFree: u32 = 0;
/** Pages in use, but those of the scratch run. */
let used: u32 = 0;
let limit: u32 = 1024;
let hardLimit: u32 = 1126;

let scratch: usize = 0;
let scratchPages: u32 = 0;
let scratchMost: u32 = 0;

let landing: usize = 0;
let landingSize: u32 = 0;
let failed: bool = false;

/**
 * Bounds the memory: what is kept stays below `most` bytes, and with the scratch run all of it below a tenth more.
 * @param payload the largest payload that is to be expected, in bytes: where a tenth is too little for it, less is kept
 */
export function boundMemory(most: u64, payload: u64): void {
  const pages = <u32>min<u64>(most / PAGE, 60000);
  scratchMost = <u32>min<u64>((payload + RUN_HEADER + PAGE - 1) / PAGE, pages / 2);
  const slack = (pages * 8) / 100;
  limit = scratchMost > slack ? pages - (scratchMost - slack) : pages;
  hardLimit = pages + (pages * 10) / 100;
}

/** @returns where `size` bytes may be written, or 0 where the limit is reached */
export function allocate(size: u32): usize {
  if (size > load<u32>(CLASS_SIZES, 16)) return allocateRun(size);
  let kind: u32 = 0;
  while (load<u32>(CLASS_SIZES + (kind << 2)) < size) kind++;
  let page: usize = load<u32>(PARTIAL + (kind << 2));
  if (page === 0) {
    page = takePages(1, false);
    if (page === 0) return 0;
    openPage(page, kind);
  }
  return takeSlot(page, kind);
}

/** Gives back what `allocate` gave; 0 is nothing. */
export function release(pointer: usize): void {
  if (pointer === 0) return;
  const page = pointer & ~(<usize>PAGE - 1);
  if (pointer - page === RUN_HEADER) return givePages(page, load<u32>(page));
  store<u32>(pointer, load<u32>(page, FREE_HEAD));
  store<u32>(page, <u32>pointer, FREE_HEAD);
  const free = load<u32>(page, FREE_COUNT) + 1;
  store<u32>(page, free, FREE_COUNT);
  const kind = load<u32>(page, SLOT_CLASS);
  if (free === 1) linkPage(page, kind);
  if (free === capacityOf(kind)) {
    unlinkPage(page, kind);
    givePages(page, 1);
  }
}

/** How many bytes the allocation has in fact. */
export function roomOf(pointer: usize): u32 {
  const page = pointer & ~(<usize>PAGE - 1);
  if (pointer - page === RUN_HEADER) return load<u32>(page) * PAGE - RUN_HEADER;
  return load<u32>(CLASS_SIZES + (load<u32>(page, SLOT_CLASS) << 2));
}

/** The next allocation of the host goes here, if it is no larger than `size`: so nothing needs to be copied. */
export function landAt(pointer: usize, size: u32): void {
  landing = pointer;
  landingSize = size;
}

/** Allocates for the host. */
export function allocateForHost(size: u32): usize {
  const here = landing;
  landing = 0;
  const pointer = here !== 0 && size <= landingSize ? here : allocate(size);
  failed = pointer === 0;
  return pointer;
}

/** Whether there was no memory when the host allocated last. */
export function hasFailed(): bool {
  return failed;
}

/**
 * Room for one payload, whose content is lost with the next call. Large ones get the largest that is to be expected at once, and it
 * is kept: a run that long would not be found again among pages in use.
 * @returns 0 where there is no room
 */
export function reserveScratch(size: u32): usize {
  if (scratch !== 0 && size <= scratchPages * PAGE - RUN_HEADER) return scratch + RUN_HEADER;
  const needed = <u32>((<u64>size + RUN_HEADER + PAGE - 1) / PAGE);
  let pages: u32 = needed <= 2 ? 2 : max<u32>(needed, scratchMost);
  if (scratch !== 0) givePages(scratch, scratchPages, true);
  scratch = takePages(pages, true);
  if (scratch === 0 && pages > needed) {
    pages = needed;
    scratch = takePages(pages, true);
  }
  scratchPages = scratch === 0 ? 0 : pages;
  return scratch === 0 ? 0 : scratch + RUN_HEADER;
}

function allocateRun(size: u32): usize {
  const pages = <u32>((<u64>size + RUN_HEADER + PAGE - 1) / PAGE);
  const run = takePages(pages, false);
  if (run === 0) return 0;
  store<u32>(run, pages);
  return run + RUN_HEADER;
}

function openPage(page: usize, kind: u32): void {
  store<u32>(page, kind, SLOT_CLASS);
  store<u32>(page, 0, FREE_HEAD);
  store<u32>(page, capacityOf(kind), FREE_COUNT);
  store<u32>(page, 0, FRESH);
  linkPage(page, kind);
}

function takeSlot(page: usize, kind: u32): usize {
  let slot: usize = load<u32>(page, FREE_HEAD);
  if (slot !== 0) store<u32>(page, load<u32>(slot), FREE_HEAD);
  else {
    const fresh = load<u32>(page, FRESH);
    slot = page + PAGE_HEADER + fresh * load<u32>(CLASS_SIZES + (kind << 2));
    store<u32>(page, fresh + 1, FRESH);
  }
  const free = load<u32>(page, FREE_COUNT) - 1;
  store<u32>(page, free, FREE_COUNT);
  if (free === 0) unlinkPage(page, kind);
  return slot;
}

function capacityOf(kind: u32): u32 {
  return (PAGE - PAGE_HEADER) / load<u32>(CLASS_SIZES + (kind << 2));
}

function linkPage(page: usize, kind: u32): void {
  const head: usize = load<u32>(PARTIAL + (kind << 2));
  store<u32>(page, <u32>head, NEXT_PAGE);
  store<u32>(page, 0, PREVIOUS_PAGE);
  if (head !== 0) store<u32>(head, <u32>page, PREVIOUS_PAGE);
  store<u32>(PARTIAL + (kind << 2), <u32>page);
}

function unlinkPage(page: usize, kind: u32): void {
  const next: usize = load<u32>(page, NEXT_PAGE);
  const previous: usize = load<u32>(page, PREVIOUS_PAGE);
  if (next !== 0) store<u32>(next, <u32>previous, PREVIOUS_PAGE);
  if (previous !== 0) store<u32>(previous, <u32>next, NEXT_PAGE);
  else store<u32>(PARTIAL + (kind << 2), <u32>next);
}

/** Pages in a row, by first fit, from the host where none are free. */
function takePages(count: u32, forScratch: bool): usize {
  if (firstPage === 0) lowestFree = firstPage = <u32>memory.size();
  if (!forScratch && used + count > limit) return 0;
  const end = <u32>memory.size();
  let run: u32 = 0;
  let page = lowestFree;
  let isFirst = true;
  for (; page < end && run < count; page++) {
    run = isUsed(page) ? 0 : run + 1;
    if (run === 1 && isFirst) {
      lowestFree = page;
      isFirst = false;
    }
  }
  if (run < count) {
    const missing = count - run;
    if (end + missing > hardLimit || memory.grow(<i32>missing) < 0) return 0;
    page = end + missing;
  }
  for (let at = page - count; at < page; at++) markPage(at, true);
  if (lowestFree === page - count) lowestFree = page;
  if (!forScratch) used += count;
  return <usize>(page - count) * PAGE;
}

function givePages(base: usize, count: u32, ofScratch: bool = false): void {
  const page = <u32>(base / PAGE);
  for (let at = page; at < page + count; at++) markPage(at, false);
  if (page < lowestFree) lowestFree = page;
  if (!ofScratch) used -= count;
}

function isUsed(page: u32): bool {
  return ((load<u8>(IN_USE + (page >> 3)) >> <u8>(page & 7)) & 1) !== 0;
}

function markPage(page: u32, isTaken: bool): void {
  const at = IN_USE + (page >> 3);
  const bit = <u8>1 << <u8>(page & 7);
  store<u8>(at, isTaken ? load<u8>(at) | bit : load<u8>(at) & ~bit);
}
