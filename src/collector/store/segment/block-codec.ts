import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { TaplineError } from "../../../model/index.ts";
import type { PackedDocuments } from "./packed-documents.ts";

/** Documents that are compressed together: what many have in common is written once. */
export const MAX_BLOCK_DOCUMENTS = 64;
/** Bytes of the documents of one block, unless a single one is longer. */
const MAX_BLOCK_BYTES = 256 * 1024;
/** Bytes that a block may have when it is unpacked: nothing longer was ever written. */
const MAX_UNPACKED_BYTES = 512 * 1024 * 1024;
const LINE_FEED = 10;

/** How many of the documents from `from` on make the next block. */
export function countOfBlock(documents: PackedDocuments, from: number): number {
  return documents.countWithin(from, MAX_BLOCK_DOCUMENTS, MAX_BLOCK_BYTES);
}

/** @param documents JSON without line feeds, with line feeds between */
export function packBlock(documents: Uint8Array): Uint8Array {
  return zstdCompressSync(documents, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
}

/** Documents of one block are so alike that higher levels take more time and save nothing. */
const LEVEL = 1;

/** @throws TaplineError `input` where the bytes are no block */
export function unpackBlock(bytes: Uint8Array): Buffer {
  try {
    // Nearly all are one piece of the output then, which is neither grown nor joined.
    return zstdDecompressSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES, chunkSize: MAX_BLOCK_BYTES });
  } catch (cause) {
    throw new TaplineError("input", "a block of stored exchanges cannot be unpacked", { cause });
  }
}

/** The documents of a block. */
export class Block {
  readonly #bytes: Buffer;
  /** Where each begins, and one behind the last. */
  readonly #starts: number[] = [0];

  /** @param bytes unpacked */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) this.#starts.push(at + 1);
    this.#starts.push(bytes.length + 1);
  }

  /** The document at a place, counted from 0; empty where the block has none there. */
  at(place: number): Buffer {
    const [start, end] = [this.#starts[place], this.#starts[place + 1]];
    return start === undefined || end === undefined ? NOTHING : this.#bytes.subarray(start, end - 1);
  }
}

const NOTHING = Buffer.alloc(0);
