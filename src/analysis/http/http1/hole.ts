/** The last hole of a direction: how many messages may have begun in it, none of them much smaller than the smallest that was seen. */
export class Hole {
  readonly #minimum: number;
  /** At first more than any head has: infinity would be an object of its own. */
  #smallest = 0x3fff_ffff;
  /** With its body. */
  #longest = 0;
  /** So many were seen. */
  #count = 0;
  #end = -1;
  /** So many fewer they are where the next one begins right behind it. */
  #spare = 0;

  constructor(kind: "request" | "response") {
    this.#minimum = kind === "request" ? MIN_REQUEST : MIN_RESPONSE;
  }

  /** A message of so many bytes was seen. */
  noticeSize(size: number): void {
    this.#smallest = Math.min(this.#smallest, size);
    this.#count++;
  }

  /**
   * Gives how many there may be at most, `least` at least, one that began before the hole among them; the last may end behind it.
   * @param size undefined when it is not known
   * @param begun so many bytes of one were seen before the hole
   */
  open(start: number, size: number | undefined, least: number, begun: number): number {
    const known = this.#count < ENOUGH ? 0 : Math.floor(this.#smallest * 0.6);
    const length = Math.max(this.#minimum, known);
    this.#end = start + (size ?? 0);
    this.#spare = 0;
    if (size === undefined) return UNKNOWN;
    // One that began before has a byte in the hole at least.
    const [first, room] = begun >= length ? [1, size - 1] : [0, size + begun];
    const most = Math.max(least, first + Math.ceil(room / length));
    this.#spare = most - Math.max(least, first + Math.floor(room / length));
    return most;
  }

  /** From the beginning of a message to that of the next there are so many bytes. */
  noticeLength(length: number): void {
    this.#longest = Math.max(this.#longest, length);
  }

  /** So many bytes are of more than one message, if they are as those that were seen. */
  mayHoldMore(size: number): boolean {
    return size > this.#longest && size >= 2 * this.#smallest;
  }

  /** The next message begins there. Gives how many fewer there may be. */
  settle(start: number): number {
    const spare = start === this.#end ? this.#spare : 0;
    this.#spare = 0;
    return spare;
  }
}

/** Bytes of `GET / HTTP/1.1` with a Host field, and of `HTTP/1.1 200 `, each with an empty line. */
const MIN_REQUEST = 26;
const MIN_RESPONSE = 17;

/** So many messages tell how small others are. */
const ENOUGH = 6;

/** Messages in a hole of which nobody knows how large it is. */
const UNKNOWN = 32;
