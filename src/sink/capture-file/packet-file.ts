import { EPOCH, TaplineError } from "../../model/index.ts";
import {
  type CapturedPacket,
  type CaptureInterface,
  type PacketWriter,
  PcapngWriter,
  PcapWriter,
} from "../../wire/pcap/index.ts";
import type { Output } from "./output-file.ts";

/** Writes packets, as they were captured or made, to a pcap (nanoseconds) or pcapng file. */
export class PacketFile {
  readonly #output: Output;
  readonly #format: "pcap" | "pcapng";
  readonly #interfaces = new Map<CaptureInterface, number>();
  /** The same by what they are: each file of a ring names them anew. */
  readonly #described = new Map<string, number>();
  #writer: PcapWriter | PcapngWriter | undefined;
  #linkType: number | undefined;
  #packets = 0;
  #untimed = 0;

  constructor(output: Output, format: "pcap" | "pcapng") {
    this.#output = output;
    this.#format = format;
  }

  /** Packets that were written. */
  get packets(): number {
    return this.#packets;
  }

  /** Packets whose times the format cannot hold, or that had none: they were written as of the epoch. */
  get untimed(): number {
    return this.#untimed;
  }

  /**
   * A packet as it was captured, with its interface.
   * @throws TaplineError (`output`) for a second link type in a classic pcap, which has room for one
   */
  writeCaptured(packet: CapturedPacket, comments: readonly string[]): void {
    const { bytes, start, end, originalLength, time } = packet;
    const facts = { interfaceId: this.#interfaceOf(packet.interface), comments };
    this.#packets++;
    const fits = time.seconds >= 0 && time.seconds < (this.#format === "pcap" ? PCAP_END : PCAPNG_END);
    if (!fits) this.#untimed++;
    this.#writer!.writePacket(fits ? time : EPOCH, bytes, start, end, originalLength, facts);
  }

  /** An NSS key log, before the packets that it decrypts; classic pcap has no place for one. */
  writeTlsSecrets(keyLog: Uint8Array): void {
    if (this.#format === "pcapng" && keyLog.length > 0) this.#pcapng().writeTlsSecrets(keyLog);
  }

  /** Takes made packets, of an Ethernet interface. */
  get made(): PacketWriter {
    const interfaceId = this.#interfaceOf(MADE);
    const writer = this.#writer!;
    return {
      writePacket: (time, bytes, start, end, originalLength, facts) => {
        this.#packets++;
        writer.writePacket(time, bytes, start, end, originalLength, { ...facts, interfaceId });
      },
    };
  }

  async flush(): Promise<void> {
    if (this.#writer !== undefined && this.#writer.pending > 0) await this.#output.write(this.#writer.take());
  }

  /** The file is whole, and gets its name; without a packet it is an empty capture. */
  async finish(): Promise<void> {
    if (this.#interfaces.size === 0) this.#interfaceOf(MADE);
    await this.flush();
    await this.#output.finish();
  }

  abandon(): void {
    this.#output.abandon();
  }

  #interfaceOf(description: CaptureInterface): number {
    const known = this.#interfaces.get(description);
    if (known !== undefined) return known;
    const facts = JSON.stringify(description);
    const id =
      this.#described.get(facts) ??
      (this.#format === "pcapng" ? this.#addInterface(description) : this.#useLinkType(description));
    this.#interfaces.set(description, id);
    this.#described.set(facts, id);
    return id;
  }

  #addInterface({ linkType, snapLength, name, description }: CaptureInterface): number {
    return this.#pcapng().addInterface({
      linkType,
      snapLength,
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    });
  }

  #pcapng(): PcapngWriter {
    this.#writer ??= new PcapngWriter({ application: "tapline" });
    return this.#writer as PcapngWriter;
  }

  #useLinkType({ linkType }: CaptureInterface): number {
    this.#linkType ??= linkType;
    this.#writer ??= new PcapWriter({ resolution: "nanoseconds", linkType });
    if (linkType !== this.#linkType)
      throw new TaplineError(
        "output",
        `a pcap has one link type: ${this.#linkType} and ${linkType} do not go together`,
        {
          hint: "write a .pcapng",
        },
      );
    return 0;
  }
}

/** Seconds from the epoch to where 32 bits of seconds end (2106), and to where 64 bits of nanoseconds do (2554). */
const PCAP_END = 2 ** 32;
const PCAPNG_END = 18_446_744_073;
const ETHERNET = 1;
const MADE: CaptureInterface = { id: 0, linkType: ETHERNET, snapLength: 0, name: "tap" };
