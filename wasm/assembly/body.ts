// Bodies, kept in blocks whose sizes are multiples of three, so that each is base64 by itself.

import {
  ANSWER,
  OK,
  answerData,
  answerSize,
  clearAnswer,
  proxy_get_buffer_bytes,
} from "./host";
import { allocate, landAt, release, roomOf } from "./memory";
import { TRUNCATED_LIMIT, TRUNCATED_MEMORY, TRUNCATED_UNREADABLE, count } from "./metrics";
import { BODY_DROP, BODY_NONE, Root } from "./root";
import { Message, releaseBody } from "./stream";
import { writeBase64 } from "./writer";

const BLOCK: u32 = 4092;
const LINK: u32 = 4;

/** Keeps a chunk, of which the host has `size` bytes in its buffer. */
export function keepChunk(root: Root, message: Message, buffer: u32, size: u32): void {
  if (size === 0 || message.isTruncated) return;
  if (root.bodyMode === BODY_NONE) {
    message.isTruncated = true;
    return;
  }
  const room = root.maxBody - message.bodySize;
  if (size > room && root.bodyMode === BODY_DROP) return truncate(message, TRUNCATED_LIMIT);
  const wanted = min(size, room);
  for (let offset: u32 = 0; offset < wanted; ) {
    const kept = keepPart(message, buffer, offset, wanted - offset);
    if (kept === 0) return;
    offset += kept;
  }
  if (size > room) {
    message.isTruncated = true;
    count(TRUNCATED_LIMIT);
  }
}

/** The body as base64. */
export function writeBody(message: Message): void {
  let block = message.firstBlock;
  while (block !== 0) {
    writeBase64(block + LINK, block === message.lastBlock ? message.lastSize : contentOf(block));
    block = load<u32>(block);
  }
}

/** Gives the body up, so that others have the room. */
export function truncate(message: Message, reason: u32): void {
  releaseBody(message);
  message.isTruncated = true;
  count(reason);
}

/** As much as the last block, or a new one, has room for. @returns how much that was; 0 where the body was given up */
function keepPart(message: Message, buffer: u32, offset: u32, size: u32): u32 {
  if (message.lastBlock === 0 || message.lastSize === contentOf(message.lastBlock)) {
    const isFirst = message.firstBlock === 0;
    const block = allocate(isFirst ? min(size + LINK + 2, BLOCK) : BLOCK);
    if (block === 0) {
      truncate(message, TRUNCATED_MEMORY);
      return 0;
    }
    store<u32>(block, 0);
    if (isFirst) message.firstBlock = block;
    else store<u32>(message.lastBlock, <u32>block);
    message.lastBlock = block;
    message.lastSize = 0;
  }
  const to = message.lastBlock + LINK + message.lastSize;
  const most = min(size, contentOf(message.lastBlock) - message.lastSize);
  const got = fetch(buffer, offset, most, to);
  if (got === 0) {
    truncate(message, TRUNCATED_UNREADABLE);
    return 0;
  }
  message.lastSize += got;
  message.bodySize += got;
  return got;
}

/** Has the host write into the block. */
function fetch(buffer: u32, offset: u32, most: u32, to: usize): u32 {
  clearAnswer();
  landAt(to, most);
  const status = proxy_get_buffer_bytes(buffer, offset, most, ANSWER, ANSWER + 4);
  landAt(0, 0);
  if (status !== OK || answerData() === 0) return 0;
  const got = min(answerSize(), most);
  if (answerData() !== to) {
    memory.copy(to, answerData(), got);
    release(answerData());
  }
  return got;
}

/** How many bytes of a body a block holds: a multiple of three. */
// @ts-ignore: decorator
@inline
function contentOf(block: usize): u32 {
  const room = roomOf(block) - LINK;
  return room - (room % 3);
}
