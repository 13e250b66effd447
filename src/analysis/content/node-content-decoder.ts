import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";
import type { ContentDecoder } from "./decode-bodies.ts";

/** gzip, deflate (with and without zlib's header), br and zstd, by Node's zlib. Without Node, bodies stay as on the wire. */
export const decodeContent: ContentDecoder = (coding, bytes, limit) => {
  const decoders = DECODERS.get(coding);
  if (decoders === undefined) return undefined;
  for (const decode of decoders) {
    const result = decodeWithin(decode, bytes, limit);
    if (result !== undefined) return result;
  }
  return undefined;
};

type Decode = (bytes: Uint8Array, limit: number) => Uint8Array;

// Flushing instead of finishing gives what a cut input holds rather than an error.
const inflateOptions = (limit: number) => ({ finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: limit });
const gzip: Decode = (bytes, limit) => gunzipSync(bytes, inflateOptions(limit));
const zlib: Decode = (bytes, limit) => inflateSync(bytes, inflateOptions(limit));
const deflate: Decode = (bytes, limit) => inflateRawSync(bytes, inflateOptions(limit));
const brotli: Decode = (bytes, limit) =>
  brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: limit });
const zstd: Decode = (bytes, limit) =>
  zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush, maxOutputLength: limit });

const DECODERS: ReadonlyMap<string, readonly Decode[]> = new Map([
  ["gzip", [gzip]],
  ["x-gzip", [gzip]],
  ["deflate", [zlib, deflate]],
  ["br", [brotli]],
  ["zstd", [zstd]],
]);

/** What would become larger than the limit is decoded from as much of the input as stays within it: halved until it does. */
function decodeWithin(decode: Decode, bytes: Uint8Array, limit: number): ReturnType<ContentDecoder> {
  for (let length = bytes.length; length > 0; length >>= 1) {
    try {
      const decoded = decode(bytes.subarray(0, length), limit);
      // Bytes of something else often give nothing rather than an error.
      return decoded.length === 0 ? undefined : { bytes: decoded, truncated: length < bytes.length };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") return undefined;
    }
  }
  return undefined;
}
