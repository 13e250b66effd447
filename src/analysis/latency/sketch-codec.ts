import { TaplineError } from "../../model/index.ts";

/** The content of a sketch. Without a duration, least and greatest say nothing. */
export interface SketchContent {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
  /** The number of the first bucket. */
  readonly first: number;
  readonly buckets: Float64Array<ArrayBuffer>;
}

/**
 * A version; sum, least and greatest as little-endian doubles; the count of zeros, the number of buckets that hold something; for each
 * of these the distance from the one before and its count. Counts and distances are base-128 varints, the least bits first.
 */
export function writeSketch({ sum, min, max, zeros, first, buckets }: SketchContent): Uint8Array {
  const varints: number[] = [];
  pushVarint(varints, zeros);
  pushVarint(
    varints,
    buckets.reduce((filled, count) => filled + (count > 0 ? 1 : 0), 0),
  );
  let last = 0;
  for (let index = 0; index < buckets.length; index++) {
    const count = buckets[index]!;
    if (count === 0) continue;
    pushVarint(varints, first + index - last);
    pushVarint(varints, count);
    last = first + index;
  }
  const bytes = new Uint8Array(HEAD_LENGTH + varints.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  [sum, min, max].forEach((value, index) => {
    view.setFloat64(1 + 8 * index, value, true);
  });
  bytes.set(varints, HEAD_LENGTH);
  return bytes;
}

/**
 * @param maxBucket the number of the last bucket there can be
 * @throws TaplineError `input`: it is no sketch, or of a version that is not known
 */
export function readSketch(bytes: Uint8Array, maxBucket: number): SketchContent {
  if (bytes.length <= HEAD_LENGTH) throw notASketch(bytes.length, `at least ${HEAD_LENGTH + 1} bytes`);
  if (bytes[0] !== VERSION) throw notASketch(0, `version ${VERSION}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [sum, min, max] = [1, 9, 17].map((at) => view.getFloat64(at, true)) as [number, number, number];
  const reader = new VarintReader(bytes, HEAD_LENGTH);
  const zeros = reader.read();
  const counts: [bucket: number, count: number][] = [];
  let count = zeros;
  const filled = reader.read();
  for (let bucket = 0; counts.length < filled; ) {
    bucket += reader.read();
    if (bucket > maxBucket) throw notASketch(reader.position, `a bucket of at most ${maxBucket}`);
    counts.push([bucket, reader.read()]);
    count += counts.at(-1)![1];
  }
  if (reader.position < bytes.length) throw notASketch(reader.position, "its end");
  if (count > 0 && !(min >= 0 && min <= max && sum >= max)) throw notASketch(1, "least ≤ greatest ≤ sum");
  const first = counts[0]?.[0] ?? 0;
  const buckets = new Float64Array(counts.length === 0 ? 0 : counts.at(-1)![0] - first + 1);
  for (const [bucket, times] of counts) buckets[bucket - first] = buckets[bucket - first]! + times;
  return { count, sum, min, max, zeros, first, buckets };
}

const VERSION = 1;
const HEAD_LENGTH = 1 + 3 * 8;

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
}

class VarintReader {
  readonly #bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  read(): number {
    let value = 0;
    for (let scale = 1; scale <= 0x80 ** 7; scale *= 0x80) {
      const byte = this.#bytes[this.position];
      if (byte === undefined) break;
      this.position++;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value;
    }
    throw notASketch(this.position, "a number of at most 2^53 - 1");
  }
}

function notASketch(offset: number, expected: string): TaplineError {
  return new TaplineError("input", `this is no latency sketch: expected ${expected}`, { place: { offset } });
}
