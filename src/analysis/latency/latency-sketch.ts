import { readSketch, writeSketch } from "./sketch-codec.ts";

/**
 * Many durations in little memory: their number, sum, least and greatest are exact, quantiles are within `RELATIVE_ERROR` of a
 * duration that was added. Two sketches merge into what one of all durations would be, in any order and grouping (DDSketch,
 * https://arxiv.org/abs/1908.10693): parts of a process, minutes, machines can be summed up after the fact.
 *
 * It keeps one number for each bucket between the shortest and the longest duration, at most 1 840 for 1 ns to 104 days (15 KB);
 * between 1 ms and 10 s there are 461.
 */
export class LatencySketch {
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** Durations below a nanosecond. */
  #zeros = 0;
  /** `#buckets[i]` counts those of bucket `#first + i`. */
  #buckets = new Float64Array(0);
  #first = 0;

  /** Reads the bytes of `encode`. @throws TaplineError `input` where it is something else */
  static decode(bytes: Uint8Array): LatencySketch {
    const { count, sum, min, max, zeros, first, buckets } = readSketch(bytes, MAX_BUCKET);
    const sketch = new LatencySketch();
    sketch.#count = count;
    sketch.#zeros = zeros;
    if (count === 0) return sketch;
    sketch.#sum = sum;
    sketch.#min = min;
    sketch.#max = max;
    sketch.#first = first;
    sketch.#buckets = buckets;
    return sketch;
  }

  /**
   * Makes a sketch of counts that somebody else made: by bucket (`⌈log(nanos) / log(GAMMA)⌉`), -1 for durations below a nanosecond. The least and the
   * greatest are those that their buckets stand for.
   */
  static ofBuckets(buckets: Iterable<readonly [bucket: number, count: number]>): LatencySketch {
    const sketch = new LatencySketch();
    for (const [bucket, count] of buckets) {
      if (!(count > 0) || bucket > MAX_BUCKET) continue;
      const nanos = bucket < 0 ? 0 : middleOf(bucket);
      if (bucket < 0) sketch.#zeros += count;
      else sketch.#countIn(bucket, count);
      sketch.#count += count;
      sketch.#sum += nanos * count;
      sketch.#min = Math.min(sketch.#min, nanos);
      sketch.#max = Math.max(sketch.#max, nanos);
    }
    return sketch;
  }

  /**
   * @param nanos a duration in nanoseconds, from 0 to 2^53
   * @returns false where it is no such duration: nothing was added then
   */
  add(nanos: number): boolean {
    if (!(nanos >= 0 && nanos <= Number.MAX_SAFE_INTEGER)) return false;
    if (nanos < 1) this.#zeros++;
    else this.#countIn(bucketOf(nanos), 1);
    this.#count++;
    this.#sum += nanos;
    if (nanos < this.#min) this.#min = nanos;
    if (nanos > this.#max) this.#max = nanos;
    return true;
  }

  /** Adds everything that was added to the other one, which stays as it is. */
  merge(other: LatencySketch): void {
    if (other.#count === 0) return;
    const buckets = other.#buckets;
    if (buckets.length > 0) this.#makeRoom(other.#first, other.#first + buckets.length - 1);
    const shift = other.#first - this.#first;
    for (let index = 0; index < buckets.length; index++)
      this.#buckets[index + shift] = this.#buckets[index + shift]! + buckets[index]!;
    this.#zeros += other.#zeros;
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /**
   * The least duration than which that part of all is no longer (the nearest rank), in nanoseconds: of two the p99 is the longer one. Undefined
   * where nothing was added.
   * @param q from 0 (the least) to 1 (the greatest); 0.5 is the median
   */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(0, Math.ceil(Math.min(1, Math.max(0, q)) * this.#count - ROUNDING) - 1);
    if (rank >= this.#count - 1) return this.#max;
    let below = this.#zeros;
    if (rank < below) return this.#min;
    for (let index = 0; index < this.#buckets.length; index++) {
      below += this.#buckets[index]!;
      if (rank < below) return Math.min(this.#max, Math.max(this.#min, middleOf(this.#first + index)));
    }
    return this.#max;
  }

  get count(): number {
    return this.#count;
  }

  /** Nanoseconds; undefined where nothing was added, as those below. */
  get min(): number | undefined {
    return this.#count === 0 ? undefined : this.#min;
  }

  get max(): number | undefined {
    return this.#count === 0 ? undefined : this.#max;
  }

  get mean(): number | undefined {
    return this.#count === 0 ? undefined : this.#sum / this.#count;
  }

  /** Nanoseconds; 0 where nothing was added. */
  get sum(): number {
    return this.#sum;
  }

  /** For a file or the wire: about two bytes for each bucket that holds something. */
  encode(): Uint8Array {
    return writeSketch({
      count: this.#count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
      zeros: this.#zeros,
      first: this.#first,
      buckets: this.#buckets,
    });
  }

  #countIn(bucket: number, times: number): void {
    if (bucket < this.#first || bucket >= this.#first + this.#buckets.length) this.#makeRoom(bucket, bucket);
    const index = bucket - this.#first;
    this.#buckets[index] = this.#buckets[index]! + times;
  }

  /** Makes room for the buckets from `low` to `high`, and for a few beyond, so that it grows seldom. */
  #makeRoom(low: number, high: number): void {
    const { length } = this.#buckets;
    const end = this.#first + length - 1;
    if (length > 0 && low >= this.#first && high <= end) return;
    const from = Math.max(0, (length === 0 ? low : Math.min(low, this.#first)) - SPARE);
    const to = Math.min(MAX_BUCKET, (length === 0 ? high : Math.max(high, end)) + SPARE);
    const grown = new Float64Array(to - from + 1);
    grown.set(this.#buckets, length === 0 ? 0 : this.#first - from);
    this.#buckets = grown;
    this.#first = from;
  }
}

/** 0.07 of 100 are seven, though floating-point numbers make a little more of it. */
const ROUNDING = 1e-6;

/** How far a quantile may be from the duration that it stands for. */
export const RELATIVE_ERROR = 0.01;

/** Bucket `k` holds durations above `GAMMA ** (k - 1)` and up to `GAMMA ** k`. */
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const INVERSE_LOG_GAMMA = 1 / Math.log(GAMMA);
const SPARE = 16;

/** @param nanos at least 1 */
function bucketOf(nanos: number): number {
  return Math.ceil(Math.log(nanos) * INVERSE_LOG_GAMMA);
}

/** The duration at most `RELATIVE_ERROR` away from each that the bucket holds. */
function middleOf(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}

/** That of the longest duration. */
const MAX_BUCKET = bucketOf(Number.MAX_SAFE_INTEGER);
