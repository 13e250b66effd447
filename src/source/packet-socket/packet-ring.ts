import { constants } from "node:os";
import { TaplineError } from "../../model/index.ts";
import type { loadKoffi } from "../ebpf/loader/load-koffi.ts";

/** The ring is 16 blocks of 1 MiB; a block that is not full is given over after 50 ms. */
export const BLOCK_BYTES = 1024 * 1024;
export const BLOCKS = 16;
const RETIRE_MILLIS = 50;

/** A mapped ring of an interface's packets (Linux, Documentation/networking/packet_mmap.rst). */
export interface PacketRing {
  readonly fd: number;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** The same memory by 32-bit words: who owns a block. */
  readonly status: Int32Array;
  /** Packets that found no room since the last call. */
  dropped(): number;
  close(): void;
}

/**
 * @param index the interface's number
 * @throws TaplineError (`configuration`) without CAP_NET_RAW
 */
export function openRing(koffi: Awaited<ReturnType<typeof loadKoffi>>, index: number): PacketRing {
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const setsockopt = libc.func("int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)");
  const getsockopt = libc.func(
    "int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)",
  );
  const bind = libc.func("int bind(int fd, const uint8_t *address, uint32_t length)");
  const mmap = libc.func("uintptr_t mmap(void *at, size_t length, int protection, int flags, int fd, size_t offset)");
  const munmap = libc.func("int munmap(uintptr_t at, size_t length)");
  const close = libc.func("int close(int fd)");
  const fd = socket(AF_PACKET, SOCK_RAW, 0) as number;
  if (fd < 0) throw refused("an interface cannot be listened on");
  const check = (result: number, what: string): void => {
    if (result >= 0) return;
    const error = refused(what);
    close(fd);
    throw error;
  };
  check(setsockopt(fd, SOL_PACKET, PACKET_VERSION, words(TPACKET_V3), 4), "packets cannot be read by blocks");
  const frames = (BLOCK_BYTES / FRAME_BYTES) * BLOCKS;
  const request = words(BLOCK_BYTES, BLOCKS, FRAME_BYTES, frames, RETIRE_MILLIS, 0, 0);
  check(
    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, request, request.length),
    "there is no memory for a ring of packets",
  );
  const length = BLOCK_BYTES * BLOCKS;
  const at = mmap(null, length, 3, 1, fd, 0) as number | bigint;
  if (BigInt(at) === 0xffff_ffff_ffff_ffffn) check(-1, "the ring of packets cannot be mapped");
  const memory = koffi.view(at, length);
  check(bind(fd, linkAddress(index), 20), "the interface cannot be listened on");
  return {
    fd,
    view: new DataView(memory),
    bytes: new Uint8Array(memory),
    status: new Int32Array(memory),
    dropped() {
      const statistics = new Uint8Array(12);
      if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics, [12]) < 0) return 0;
      return new DataView(statistics.buffer).getUint32(4, true);
    },
    close() {
      munmap(at, length);
      close(fd);
    },
  };

  function refused(what: string): TaplineError {
    const number = koffi.errno();
    const name = Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `error ${number}`;
    const isDenied = name === "EPERM" || name === "EACCES";
    return new TaplineError(
      "configuration",
      `${what}: ${name}`,
      isDenied ? { hint: "it needs CAP_NET_RAW, or root" } : {},
    );
  }
}

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const TPACKET_V3 = 2;
const ETH_P_ALL = 3;
const FRAME_BYTES = 2048;

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** struct sockaddr_ll for all protocols. */
function linkAddress(index: number): Uint8Array {
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_ALL, false);
  address.setInt32(4, index, true);
  return new Uint8Array(address.buffer);
}
