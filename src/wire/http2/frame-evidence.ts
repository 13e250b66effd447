import type { Header } from "../../model/index.ts";
import { HpackDecoder } from "../hpack/index.ts";
import { ErrorCode, FRAME_HEADER_BYTES, FrameFlag, FrameType } from "./constants.ts";
import { checkFrameHeader, definedFlags } from "./frame-rules.ts";

/** The largest DATA frame believed where no SETTINGS were seen; any other frame may have 16 KiB then. */
export const BELIEVED_DATA_BYTES = 1024 * 1024;

/** Knowledge that helps to recognise frames. */
export interface KnownOfDirection {
  /** The receiver's announced value, or the default. */
  maxFrameSize: number;
  /** The stream of the last frame that was seen; 0: none. */
  lastStreamId: number;
}

/** A run of frames that may begin at some place in the middle of a direction. */
export interface FrameChain {
  /** Frame headers found, one after the other. */
  headers: number;
  /** How much speaks for them: as many bits would have to be right by chance. */
  evidence: number;
  /** Where the next header stands; it may be beyond the bytes. */
  next: number;
  /** The same for the frames that were there whole; more bytes change nothing about them. */
  settled: SettledFrames | undefined;
}

/** Where and how to go on following frames, when more bytes came. */
export interface SettledFrames {
  readonly headers: number;
  readonly evidence: number;
  readonly next: number;
  readonly previousStream: number;
  /** The length of a DATA frame before, -1 for another frame. */
  readonly previousData: number;
  /** The stream whose header block has not ended; 0: none. */
  readonly unfinishedBlock: number;
}

/**
 * Follows the frames that begin at `start`, from header to header, until there is no next header in `bytes[0, end)` or
 * `isEnough`. Undefined when one of them cannot be a frame.
 *
 * What it demands is more than RFC 9113 does, because any bytes may stand here: known types, defined flags, no frames that
 * nobody sends; and header blocks that are whole must decode.
 *
 * @param known what is known of the direction
 * @param from what was settled by a call with fewer bytes
 */
export function followFrames(
  bytes: Uint8Array,
  start: number,
  end: number,
  known: KnownOfDirection,
  isEnough: (chain: FrameChain) => boolean,
  from?: SettledFrames,
): FrameChain | undefined {
  const chain: FrameChain = { headers: 0, evidence: 0, next: start, settled: from };
  let previousStream = known.lastStreamId;
  let previousData = -1;
  let unfinishedBlock = 0;
  if (from !== undefined) {
    ({ previousStream, previousData, unfinishedBlock } = from);
    chain.headers = from.headers;
    chain.evidence = from.evidence;
    chain.next = from.next;
  }
  while (chain.next + FRAME_HEADER_BYTES <= end) {
    const at = chain.next;
    if (bytes[at + 5]! >= 0x80) return undefined;
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    const streamId = (bytes[at + 5]! << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!;
    if ((type === FrameType.CONTINUATION ? streamId : 0) !== unfinishedBlock) return undefined;
    const weight = weighHeader(type, flags, streamId, length, known.maxFrameSize);
    if (weight < 0) return undefined;
    const payload = at + FRAME_HEADER_BYTES;
    const content = payload + length <= end ? weighContent(type, bytes, payload, payload + length, flags) : 0;
    if (content < 0) return undefined;
    const sameStream = chain.headers === 0 ? SAME_AS_BEFORE : SAME_STREAM;
    const isSameStream = streamId !== 0 && streamId === previousStream;
    const isRepeated = type === FrameType.DATA && isSameStream && length === previousData;
    chain.headers++;
    chain.evidence += (isRepeated ? REPEATED_DATA : weight + (isSameStream ? sameStream : 0)) + content;
    previousData = type === FrameType.DATA ? length : -1;
    if (content === 0 || type === FrameType.DATA || length < SHORT_BLOCK)
      chain.evidence -= weighAgainst(type, streamId, previousStream, known.lastStreamId);
    chain.next = payload + length;
    if (streamId !== 0) previousStream = streamId;
    const opensBlock = type === FrameType.HEADERS || type === FrameType.PUSH_PROMISE || type === FrameType.CONTINUATION;
    unfinishedBlock = opensBlock && (flags & FrameFlag.END_HEADERS) === 0 ? streamId : 0;
    if (chain.next <= end)
      chain.settled = {
        headers: chain.headers,
        evidence: chain.evidence,
        next: chain.next,
        previousStream,
        previousData,
        unfinishedBlock,
      };
    if (isEnough(chain)) break;
  }
  return chain;
}

/**
 * Weighs a frame header as evidence, in bits; -1 when it is none. Data is often full of zeros and small numbers, which
 * are the bytes of frame headers too: so these count for little, and a length that only one value is right for counts whole.
 */
function weighHeader(type: number, flags: number, streamId: number, length: number, maxFrameSize: number): number {
  const largest = type === FrameType.DATA ? Math.max(maxFrameSize, BELIEVED_DATA_BYTES) : maxFrameSize;
  if (checkFrameHeader(type, flags, streamId, length, largest) !== 0) return -1;
  if ((flags & ~definedFlags(type)) !== 0) return -1;
  switch (type) {
    case FrameType.DATA:
      if (length === 0 && flags === 0) return -1;
      return length > maxFrameSize ? 17 : 23;
    case FrameType.HEADERS:
      return length === 0 ? -1 : 29;
    case FrameType.PUSH_PROMISE:
      return 24;
    case FrameType.CONTINUATION:
      return 29;
    case FrameType.PRIORITY:
    case FrameType.RST_STREAM:
    case FrameType.WINDOW_UPDATE:
      return 47;
    case FrameType.SETTINGS:
      return length > 16 * 6 ? -1 : length === 0 ? (flags === 0 ? 20 : 40) : 52;
    case FrameType.PING:
      return 56;
    case FrameType.GOAWAY:
      // The rest of what speaks for it stands in its content.
      return length > 1024 ? -1 : 7;
    case FrameType.PRIORITY_UPDATE:
      return streamId !== 0 || length < 4 || length > 256 ? -1 : 30;
    default:
      return -1;
  }
}

/**
 * Weighs what speaks against a frame by its stream, in bits. Header blocks that decode, and not by chance, outweigh it: they are not asked. A length and a
 * few zeros, as many protocols begin with, are a DATA frame's header too, but for the stream: its number is any bytes then.
 */
function weighAgainst(type: number, streamId: number, previousStream: number, lastStreamId: number): number {
  if (streamId === 0 || streamId === lastStreamId) return 0;
  const isNear = lastStreamId !== 0 && Math.abs(streamId - lastStreamId) <= LARGEST_STEP;
  const carriesContent = type === FrameType.DATA || type === FrameType.HEADERS || type === FrameType.CONTINUATION;
  // Only pushed streams are even (RFC 9113 §5.1.1), and hardly anybody pushes.
  if ((streamId > LARGEST_USUAL_STREAM && !isNear) || (carriesContent && streamId % 2 === 0)) return UNLIKELY_STREAM;
  if (previousStream === 0) return streamId > LARGEST_STEP ? FAR_FIRST_STREAM : 0;
  return Math.abs(streamId - previousStream) > LARGEST_STEP ? FAR_STREAM : 0;
}

/** Bytes of a header block that few numbers and zeros in a row are by chance. */
const SHORT_BLOCK = 16;
/** Few connections live for so many calls, and those that do show header blocks too. */
const LARGEST_USUAL_STREAM = 0x3ffff;
/** As much as a DATA frame on the stream of the one before it: any number of them proves nothing. */
const UNLIKELY_STREAM = 33;
/** Streams that are open together were mostly opened one after the other (§5.1.1). */
const LARGEST_STEP = 0xffff;
const FAR_STREAM = 40;
const FAR_FIRST_STREAM = 30;

/** The same header again: messages of one length, in whatever protocol, repeat any bytes at their distance. */
const REPEATED_DATA = 6;

/** The stream of the frame before it. */
const SAME_STREAM = 10;
/** The stream of the last frame before the bytes that are missing. */
const SAME_AS_BEFORE = 30;

/** Weighs what stands in a whole frame; -1 where it cannot stand there. */
function weighContent(type: number, bytes: Uint8Array, start: number, end: number, flags: number): number {
  if (type === FrameType.GOAWAY) {
    const isKnownError =
      bytes[start]! < 0x80 && bytes[start + 4] === 0 && bytes[start + 5] === 0 && bytes[start + 6] === 0;
    return isKnownError && bytes[start + 7]! <= ErrorCode.HTTP_1_1_REQUIRED ? 40 : -1;
  }
  if (type === FrameType.DATA) return isGrpcMessage(bytes, start, end) ? GRPC_MESSAGE : 0;
  return type === FrameType.HEADERS && (flags & FrameFlag.END_HEADERS) !== 0 ? weighBlock(bytes, start, end, flags) : 0;
}

/** Most DATA frames of gRPC hold one message: a flag, and the length of the rest. */
function isGrpcMessage(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 6 || bytes[start]! > 1 || bytes[start + 1] !== 0) return false;
  return ((bytes[start + 2]! << 16) | (bytes[start + 3]! << 8) | bytes[start + 4]!) === end - start - 5;
}

const GRPC_MESSAGE = 25;

/** Weighs a whole HEADERS payload as evidence; -1 when it does not decode to a header list that HTTP/2 allows. */
function weighBlock(bytes: Uint8Array, start: number, end: number, flags: number): number {
  let from = start;
  let to = end;
  if ((flags & FrameFlag.PADDED) !== 0) to -= bytes[from++]!;
  if ((flags & FrameFlag.PRIORITY) !== 0) from += 5;
  if (from >= to) return -1;
  const headers: Header[] = [];
  if (new HpackDecoder({ joined: true }).decode(bytes, headers, from, to) !== undefined) return -1;
  let pseudo = 0;
  let ordinary = 0;
  for (const { name } of headers) {
    if (name === undefined) continue;
    if (!FIELD_NAME.test(name)) return -1;
    if (!name.startsWith(":")) ordinary++;
    else if (ordinary > 0 || !PSEUDO_HEADERS.has(name)) return -1;
    else pseudo++;
  }
  return pseudo > 0 ? 40 : ordinary > 0 ? 12 : 4;
}

/** A token in lower case (RFC 9113 §8.2.1), or a pseudo-header's name. */
const FIELD_NAME = /^:?[a-z0-9!#$%&'*+.^_`|~-]+$/;

const PSEUDO_HEADERS = new Set([":method", ":scheme", ":authority", ":path", ":protocol", ":status"]);
