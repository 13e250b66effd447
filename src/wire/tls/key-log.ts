import { bytesToHex, hexToBytes } from "../bytes/hex.ts";

/**
 * TLS secrets in NSS key log form (the SSLKEYLOGFILE Internet-Draft): `LABEL client_random secret`, in hex, a line each. A
 * push parser for files that grow and for pcapng's Decryption Secrets Blocks; the same line twice is one secret.
 */
export class KeyLog {
  readonly #secrets = new Map<string, Map<string, Uint8Array>>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #limit: number;
  #rest = "";
  /** Lines that are neither secrets, comments nor empty. */
  malformed = 0;
  /** Client randoms that were forgotten, oldest first, because the limit was reached. */
  forgotten = 0;
  /** The secret of a line whose end has not come yet. */
  #unended: { readonly label: string; readonly random: string } | undefined;

  /** @param limit how many client randoms are remembered */
  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  /** Takes any piece of a key log's text; a line is taken in when its end is seen. */
  push(text: string): void {
    if (text === "") return;
    if (this.#unended !== undefined) this.#secrets.get(this.#unended.random)?.delete(this.#unended.label);
    this.#unended = undefined;
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!.slice(-MAX_LINE);
    for (const line of lines) this.#addLine(line);
  }

  /**
   * Nothing more is there now: a last line without its end counts already, if it is a whole one by its looks. Should it go on, what
   * it then says takes its place.
   */
  pause(): void {
    const { label, random } = UNENDED.exec(cleanLine(this.#rest))?.groups ?? {};
    if (random === undefined || this.#secrets.get(random.toLowerCase())?.has(label!) === true) return;
    this.#addLine(this.#rest);
    this.#unended = { label: label!, random: random.toLowerCase() };
  }

  /** The text ended: a last line without its end counts too. */
  end(): void {
    if (this.#unended === undefined) this.#addLine(this.#rest);
    this.#unended = undefined;
    this.#rest = "";
  }

  /** Whether a secret was asked for and found: a key log may be of other connections. */
  wasOfUse = false;

  /** The secret under a label (`CLIENT_RANDOM`, `SERVER_TRAFFIC_SECRET_0`, …) for a connection's client random. */
  find(clientRandom: Uint8Array, label: string): Uint8Array | undefined {
    const secret = this.#secrets.get(bytesToHex(clientRandom))?.get(label);
    if (secret !== undefined) this.wasOfUse = true;
    return secret;
  }

  /** The lines that are known of one connection: what a Decryption Secrets Block for it would hold. */
  format(clientRandom: Uint8Array): string {
    const random = bytesToHex(clientRandom);
    return [...(this.#secrets.get(random) ?? [])]
      .map(([label, secret]) => `${label} ${random} ${bytesToHex(secret)}\n`)
      .join("");
  }

  /** Calls `notify` whenever a secret for that client random comes. Gives what ends that. */
  watch(clientRandom: Uint8Array, notify: () => void): () => void {
    const random = bytesToHex(clientRandom);
    const waiting = this.#waiting.get(random) ?? new Set();
    this.#waiting.set(random, waiting.add(notify));
    return () => {
      waiting.delete(notify);
      if (waiting.size === 0) this.#waiting.delete(random);
    };
  }

  get size(): number {
    return this.#secrets.size;
  }

  #addLine(line: string): void {
    const text = cleanLine(line);
    if (text === "" || text.startsWith("#")) return;
    const [label, random, secret, more] = text.split(/\s+/);
    if (
      more !== undefined ||
      secret === undefined ||
      !/^[0-9a-fA-F]{64}$/.test(random!) ||
      !/^(?:[0-9a-fA-F]{2}){16,}$/.test(secret)
    ) {
      this.malformed++;
      return;
    }
    const key = random!.toLowerCase();
    let known = this.#secrets.get(key);
    if (known === undefined) {
      if (this.#secrets.size >= this.#limit) {
        this.#secrets.delete(this.#secrets.keys().next().value!);
        this.forgotten++;
      }
      known = new Map();
      this.#secrets.set(key, known);
    }
    if (known.has(label!)) return;
    known.set(label!, hexToBytes(secret));
    for (const notify of [...(this.#waiting.get(key) ?? [])]) notify();
  }
}

/** Without space around it, and a mark of the encoding, in whichever way the bytes were made text. */
function cleanLine(line: string): string {
  return line.replace(/^(?:\ufeff|\u00ef\u00bb\u00bf)/, "").trim();
}

/** A line that is longer than this is no secret. */
const MAX_LINE = 1024;
/** A line with a secret of 48 bytes, or of 32 where the hash of TLS 1.3 may be SHA-256. */
const UNENDED =
  /^(?<label>[A-Z0-9_]+)\s+(?<random>[0-9a-fA-F]{64})\s+(?:[0-9a-fA-F]{96}|(?<!^CLIENT_RANDOM\s.*)[0-9a-fA-F]{64})$/;
