import type { Ledger, SocketEvent, SocketObserver } from "../../model/index.ts";
import type { PacketRow } from "../../wire/format.ts";
import { ConnectionFrames } from "./connection-frames.ts";
import { describeConnection } from "./connection-notes.ts";
import { openOutput } from "./output-file.ts";
import { PacketFile } from "./packet-file.ts";

/** Shows what moves on connections as the packets that would have carried it, while it does. In a pcapng the first packet of each says whose it is. */
export interface LivePacketFile extends SocketObserver {
  /** Writes what has gathered. */
  flush(): Promise<void>;
  /** The file is whole, and gets its name. */
  finish(): Promise<void>;
  /** Nothing stays behind. */
  abandon(): void;
}

/**
 * Book: `written-packets` counts datagrams and events of streams.
 * @throws TaplineError (`output`) where the file cannot be opened
 */
export function openLivePacketFile(path: string, format: PacketRow, ledger: Ledger): LivePacketFile {
  const file = new PacketFile(openOutput(path), format.family as "pcap" | "pcapng");
  const book = ledger.book("written-packets");
  const frames = new ConnectionFrames(file.made, {
    handshake: true,
    comments: (connection) => [`tapline: ${describeConnection(connection).join(", ")}`],
  });
  return {
    observe(event: SocketEvent): void {
      book.enter(1);
      if (event.connection.transport === "tcp") {
        frames.observe(event);
        book.settleHandled(1);
      } else book.settleSkipped("not-tcp", 1);
    },
    flush: () => file.flush(),
    finish: () => file.finish(),
    abandon: () => file.abandon(),
  };
}
