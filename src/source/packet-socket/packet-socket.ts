import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { type LedgerBook, TaplineError } from "../../model/index.ts";
import { loadKoffi } from "../ebpf/loader/load-koffi.ts";
import { readInterface } from "../ebpf/processes/network-interface.ts";
import { BLOCK_BYTES, BLOCKS, openRing, type PacketRing } from "./packet-ring.ts";

const PCAP_MAGIC_NANOS = 0xa1b23c4d;
const SNAP_LENGTH = 262_144;
const ETHERNET = 1;
/** Link types of Linux whose packets begin with an Ethernet header (include/uapi/linux/if_arp.h): Ethernet, loopback. */
const ETHERNET_TYPES = [1, 772];
/** Bytes that wait to be read; while there are more, packets stay in the kernel's ring, which drops and counts. */
const HIGH_WATER = 4 * 1024 * 1024;

/**
 * Packets of an interface while they pass, as a pcap with nanoseconds: by AF_PACKET with a ring that is mapped (TPACKET_V3). Nothing
 * but CAP_NET_RAW is needed. Packets that this machine sends through loopback come once.
 * @param book packets that the kernel dropped because they were not read fast enough
 * @throws TaplineError (`usage`) for an interface that there is not, (`configuration`) without the privilege
 */
export async function openPacketSocket(name: string, book: LedgerBook): Promise<Readable> {
  const { index } = readInterface(name);
  if (index === 0) throw new TaplineError("usage", `there is no interface ${name}`, { hint: "ip link lists them" });
  const type = Number(readFileSync(`/sys/class/net/${name}/type`, "utf8"));
  if (!ETHERNET_TYPES.includes(type))
    throw new TaplineError("usage", `the packets of ${name} have no Ethernet header`, {
      hint: `tcpdump -i ${name} -U -w - | tapline read -`,
    });
  const koffi = await loadKoffi();
  const ring = openRing(koffi, index);
  return new PacketStream(koffi, ring, type === 772, book);
}

class PacketStream extends Readable {
  readonly #ring: PacketRing;
  readonly #isLoopback: boolean;
  readonly #book: LedgerBook;
  readonly #poll: { close(): void };
  #block = 0;
  #wantsMore = true;

  constructor(koffi: Awaited<ReturnType<typeof loadKoffi>>, ring: PacketRing, isLoopback: boolean, book: LedgerBook) {
    super({ highWaterMark: HIGH_WATER });
    this.#ring = ring;
    this.#isLoopback = isLoopback;
    this.#book = book;
    this.push(fileHeader());
    this.#poll = koffi.node.poll(ring.fd, { readable: true }, () => this.#drain());
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#drain();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#poll.close();
    const dropped = this.#ring.dropped();
    this.#book.enter(dropped);
    if (dropped > 0) this.#book.settleDropped("ring-full", dropped);
    this.#ring.close();
    done(error);
  }

  #drain(): void {
    for (let looked = 0; looked < BLOCKS && this.#wantsMore && !this.destroyed; looked++) {
      const start = this.#block * BLOCK_BYTES;
      const { view, bytes, status } = this.#ring;
      if ((Atomics.load(status, (start + 8) >> 2) & USER) === 0) return;
      const count = view.getUint32(start + 12, true);
      const records: Uint8Array[] = [];
      let at = start + view.getUint32(start + 16, true);
      for (let i = 0; i < count; i++) {
        const isOutgoing = view.getUint8(at + 48 + 10) === OUTGOING;
        if (!(this.#isLoopback && isOutgoing)) records.push(record(view, bytes, at));
        at += view.getUint32(at, true);
      }
      Atomics.store(status, (start + 8) >> 2, 0);
      this.#block = (this.#block + 1) % BLOCKS;
      if (records.length > 0 && !this.push(Buffer.concat(records))) this.#wantsMore = false;
    }
  }
}

/** TP_STATUS_USER: the block is ours. */
const USER = 1;
/** PACKET_OUTGOING */
const OUTGOING = 4;

function fileHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, PCAP_MAGIC_NANOS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_LENGTH, true);
  view.setUint32(20, ETHERNET, true);
  return new Uint8Array(view.buffer);
}

/** struct tpacket3_hdr as a packet record of pcap. */
function record(view: DataView, bytes: Uint8Array, at: number): Uint8Array {
  const length = view.getUint32(at + 12, true);
  const made = new Uint8Array(16 + length);
  const header = new DataView(made.buffer);
  header.setUint32(0, view.getUint32(at + 4, true), true);
  header.setUint32(4, view.getUint32(at + 8, true), true);
  header.setUint32(8, length, true);
  header.setUint32(12, view.getUint32(at + 16, true), true);
  const start = at + view.getUint16(at + 24, true);
  made.set(bytes.subarray(start, start + length), 16);
  return made;
}
