// A stream: one exchange while it lasts. And the table of those there are.

import { allocate, release } from "./memory";
import { Root } from "./root";

/** A request or a response. Bodies are chains of blocks: a pointer to the next, then bytes. */
@unmanaged
export class Message {
  headers: usize;
  headersSize: u32;
  hasHeaders: bool;
  isTruncated: bool;
  firstBlock: usize;
  lastBlock: usize;
  /** Bytes in the last block. */
  lastSize: u32;
  bodySize: u32;
}

@unmanaged
export class Stream {
  id: u32;
  next: usize;
  root: usize;
  /** Nothing is kept of it, and nothing sent. */
  isSkipped: bool;
  /** It was reported, or counted by its reason. */
  isCounted: bool;
  /** The metric of the reason why it is skipped. */
  skipReason: u32;
  destination: usize;
  destinationSize: u32;
  namespace: usize;
  namespaceSize: u32;
  /** What was allocated for the namespace: it may be a part of that. */
  namespaceSource: usize;
}

const REQUEST: usize = offsetof<Stream>();
const RESPONSE: usize = offsetof<Stream>() + offsetof<Message>();

// @ts-ignore: decorator
@inline
export function requestOf(stream: Stream): Message {
  return changetype<Message>(changetype<usize>(stream) + REQUEST);
}

// @ts-ignore: decorator
@inline
export function responseOf(stream: Stream): Message {
  return changetype<Message>(changetype<usize>(stream) + RESPONSE);
}

let table: usize = 0;
let buckets: u32 = 0;
let count: u32 = 0;

/** @returns 0 where there is no memory for it */
export function createStream(id: u32, root: Root): usize {
  if (count >= buckets << 1) growTable();
  if (table === 0) return 0;
  const size = <u32>(offsetof<Stream>() + 2 * offsetof<Message>());
  const pointer = allocate(size);
  if (pointer === 0) return 0;
  memory.fill(pointer, 0, size);
  const stream = changetype<Stream>(pointer);
  stream.id = id;
  stream.root = changetype<usize>(root);
  insert(pointer);
  count++;
  return pointer;
}

/** The stream of that number, or 0. */
export function findStream(id: u32): usize {
  if (table === 0) return 0;
  let pointer: usize = load<u32>(bucketOf(id));
  while (pointer !== 0) {
    const stream = changetype<Stream>(pointer);
    if (stream.id === id) return pointer;
    pointer = stream.next;
  }
  return 0;
}

export function deleteStream(pointer: usize): void {
  const stream = changetype<Stream>(pointer);
  let at = bucketOf(stream.id);
  while (<usize>load<u32>(at) !== pointer) at = <usize>load<u32>(at) + offsetof<Stream>("next");
  store<u32>(at, <u32>stream.next);
  count--;
  releaseContent(stream);
  release(pointer);
}

/** Lets go of all that is kept of it, but of itself. */
export function releaseContent(stream: Stream): void {
  releaseMessage(requestOf(stream));
  releaseMessage(responseOf(stream));
  release(stream.destination);
  release(stream.namespaceSource);
  stream.destination = stream.namespace = stream.namespaceSource = 0;
  stream.destinationSize = stream.namespaceSize = 0;
}

/** Deletes the streams of a root context that goes. */
export function deleteStreamsOf(root: usize): void {
  for (let bucket: u32 = 0; bucket < buckets; bucket++) {
    let pointer: usize = load<u32>(table + (bucket << 2));
    while (pointer !== 0) {
      const next = changetype<Stream>(pointer).next;
      if (changetype<Stream>(pointer).root === root) deleteStream(pointer);
      pointer = next;
    }
  }
}

export function releaseBody(message: Message): void {
  let block = message.firstBlock;
  while (block !== 0) {
    const next: usize = load<u32>(block);
    release(block);
    block = next;
  }
  message.firstBlock = message.lastBlock = 0;
  message.lastSize = message.bodySize = 0;
}

function releaseMessage(message: Message): void {
  releaseBody(message);
  release(message.headers);
  message.headers = 0;
  message.headersSize = 0;
}

function growTable(): void {
  const wider: u32 = buckets === 0 ? 64 : buckets << 1;
  const wide = allocate(wider << 2);
  if (wide === 0) return;
  memory.fill(wide, 0, wider << 2);
  const old = table;
  const oldBuckets = buckets;
  table = wide;
  buckets = wider;
  for (let bucket: u32 = 0; bucket < oldBuckets; bucket++) {
    let pointer: usize = load<u32>(old + (bucket << 2));
    while (pointer !== 0) {
      const next = changetype<Stream>(pointer).next;
      insert(pointer);
      pointer = next;
    }
  }
  release(old);
}

function insert(pointer: usize): void {
  const stream = changetype<Stream>(pointer);
  const bucket = bucketOf(stream.id);
  stream.next = load<u32>(bucket);
  store<u32>(bucket, <u32>pointer);
}

// @ts-ignore: decorator
@inline
function bucketOf(id: u32): usize {
  return table + ((id & (buckets - 1)) << 2);
}
