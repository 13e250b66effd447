import { Ledger } from "../../model/index.ts";
import type { ReadFlags } from "./read-flags.ts";
import { runRead } from "./run-read.ts";

/** Reads live packets of an interface as `read` reads those of a file, until it is told to stop. What it takes is loaded only then. */
export async function readPackets(name: string, flags: ReadFlags): Promise<void> {
  const [{ openPacketSocket }, { openInput }] = await Promise.all([
    import("../../source/packet-socket/packet-socket.ts"),
    import("../../source/capture-file/index.ts"),
  ]);
  const book = new Ledger().book("captured-packets");
  const packets = await openPacketSocket(name, book);
  try {
    await runRead(["-"], flags, new Map([["-", await openInput("-", { stdin: packets })]]));
  } finally {
    packets.destroy();
  }
  if (book.dropped > 0) process.stderr.write(`tapline: ${book.dropped} packets found no room in the kernel's ring\n`);
}
