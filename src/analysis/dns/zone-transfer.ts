import type { DnsMessage, DnsRecord } from "../../wire/dns/index.ts";

/**
 * Puts the messages of one zone transfer together and knows when it is over: a full one ends with the SOA record that it began
 * with (RFC 5936 §2.2); an incremental one has that record three times (RFC 1995 §4), or alone where nothing has changed.
 */
export class ZoneTransfer {
  readonly #isIncrementalAsked: boolean;
  readonly #maxRecords: number;
  readonly #answers: DnsRecord[] = [];
  #first: DnsMessage | undefined;
  #records = 0;
  #isIncremental = false;
  /** How often the first SOA was there. */
  #marks = 0;

  /** @param maxRecords kept of them all */
  constructor(type: string, maxRecords: number) {
    this.#isIncrementalAsked = type === "IXFR";
    this.#maxRecords = maxRecords;
  }

  /** Takes the next message, which has all its records; gives whether it is the last. */
  push(message: DnsMessage): boolean {
    this.#first ??= message;
    const [start] = this.#first.answers;
    for (const record of message.answers) {
      if (this.#records === 1) this.#isIncremental = this.#isIncrementalAsked && record.type === "SOA";
      if (record.type === "SOA" && record.data === start?.data) this.#marks++;
      this.#records++;
      if (this.#answers.length < this.#maxRecords) this.#answers.push(record);
    }
    if (message.rcode !== 0 || message.answers.length === 0 || start?.type !== "SOA") return true;
    if (this.#records === 1) return this.#isIncrementalAsked;
    return this.#marks >= (this.#isIncremental ? 3 : 2);
  }

  /** The messages so far, as one. */
  get message(): DnsMessage | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    return { ...first, answers: this.#answers, counts: { ...first.counts, answers: this.#records } };
  }
}
