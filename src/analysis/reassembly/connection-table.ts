/** Addresses and ports in an order that is the same for both directions: the lower end first. Addresses are 32-bit words. */
export interface ConnectionKey {
  hash: number;
  addressSize: 4 | 16;
  readonly words: number[];
  lowPort: number;
  highPort: number;
}

/** Makes `to` equal to `from`. */
export function copyKey(from: ConnectionKey, to: ConnectionKey): void {
  to.hash = from.hash;
  to.addressSize = from.addressSize;
  to.lowPort = from.lowPort;
  to.highPort = from.highPort;
  for (let i = 0; i < from.addressSize >> 1; i++) to.words[i] = from.words[i]!;
}

/** An entry of a table: one table at a time. */
export interface TableEntry<Entry> {
  readonly key: ConnectionKey;
  nextInBucket: Entry | undefined;
}

/**
 * Finds a connection by the addresses and ports of a packet, without allocation: a hash table with chains through the
 * connections themselves.
 */
export class ConnectionTable<Entry extends TableEntry<Entry>> {
  /** The key of the packet that was looked up last. */
  readonly key: ConnectionKey = {
    hash: 0,
    addressSize: 4,
    words: new Array<number>(8).fill(0),
    lowPort: 0,
    highPort: 0,
  };
  /** Whether that packet came from the higher of the two ends. */
  fromHigh = false;
  size = 0;
  #buckets: (Entry | undefined)[] = new Array(MIN_BUCKETS).fill(undefined);

  /** Looks the connection up whose addresses stand at `source` and `destination`; sets `key` and `fromHigh`. */
  find(
    bytes: Uint8Array,
    source: number,
    destination: number,
    addressSize: 4 | 16,
    sourcePort: number,
    destinationPort: number,
  ): Entry | undefined {
    this.#setKey(bytes, source, destination, addressSize, sourcePort, destinationPort);
    const { hash } = this.key;
    let connection = this.#buckets[hash & (this.#buckets.length - 1)];
    while (connection !== undefined && !(connection.key.hash === hash && this.#isKeyOf(connection)))
      connection = connection.nextInBucket;
    return connection;
  }

  /** Adds a connection whose key is in no other. */
  add(connection: Entry): void {
    if (this.size >= this.#buckets.length) this.#grow();
    this.size++;
    this.#link(connection);
  }

  remove(connection: Entry): void {
    const index = connection.key.hash & (this.#buckets.length - 1);
    let before = this.#buckets[index];
    if (before === connection) this.#buckets[index] = connection.nextInBucket;
    else {
      while (before !== undefined && before.nextInBucket !== connection) before = before.nextInBucket;
      if (before === undefined) return;
      before.nextInBucket = connection.nextInBucket;
    }
    connection.nextInBucket = undefined;
    this.size--;
  }

  #setKey(
    bytes: Uint8Array,
    source: number,
    destination: number,
    addressSize: 4 | 16,
    sourcePort: number,
    destinationPort: number,
  ): void {
    const { key } = this;
    const { words } = key;
    this.fromHigh = isHigher(bytes, source, destination, addressSize, sourcePort, destinationPort);
    const low = this.fromHigh ? destination : source;
    const high = this.fromHigh ? source : destination;
    key.addressSize = addressSize;
    key.lowPort = this.fromHigh ? destinationPort : sourcePort;
    key.highPort = this.fromHigh ? sourcePort : destinationPort;
    let hash = Math.imul((key.lowPort << 16) ^ key.highPort, 0x9e3779b1);
    const count = addressSize >> 2;
    for (let i = 0; i < count; i++) {
      const lowWord = readInt32(bytes, low + 4 * i);
      const highWord = readInt32(bytes, high + 4 * i);
      words[i] = lowWord;
      words[count + i] = highWord;
      hash = Math.imul(hash ^ lowWord ^ (hash >>> 15), 0x85ebca6b);
      hash = Math.imul(hash ^ highWord ^ (hash >>> 13), 0xc2b2ae35);
    }
    key.hash = (hash ^ (hash >>> 16)) & 0x3fffffff;
  }

  #isKeyOf(connection: Entry): boolean {
    const { key } = this;
    const other = connection.key;
    if (key.lowPort !== other.lowPort || key.highPort !== other.highPort || key.addressSize !== other.addressSize)
      return false;
    for (let i = 0; i < key.addressSize >> 1; i++) if (key.words[i] !== other.words[i]) return false;
    return true;
  }

  #link(connection: Entry): void {
    const index = connection.key.hash & (this.#buckets.length - 1);
    connection.nextInBucket = this.#buckets[index];
    this.#buckets[index] = connection;
  }

  #grow(): void {
    const old = this.#buckets;
    this.#buckets = new Array(old.length * 2).fill(undefined);
    for (let connection of old)
      while (connection !== undefined) {
        const next: Entry | undefined = connection.nextInBucket;
        this.#link(connection);
        connection = next;
      }
  }
}

const MIN_BUCKETS = 1024;

function isHigher(
  bytes: Uint8Array,
  source: number,
  destination: number,
  size: number,
  sourcePort: number,
  destinationPort: number,
): boolean {
  for (let i = 0; i < size; i++) {
    const difference = bytes[source + i]! - bytes[destination + i]!;
    if (difference !== 0) return difference > 0;
  }
  return sourcePort > destinationPort;
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
