import { VERSION } from "../../model/index.ts";
import type { SinkFormat } from "../../tap/index.ts";
import { findFormat } from "../../wire/formats.ts";
import { HarWriter } from "../../wire/har/index.ts";
import { PcapngWriter } from "../../wire/pcap/index.ts";

/** The bytes that a format puts around the pieces of a file: before the first, between two, and after the last. */
export interface FileFrame {
  readonly begin: Uint8Array;
  readonly between: Uint8Array;
  readonly end: Uint8Array;
}

/** Most formats are their messages, one after the other. */
export function frameOf(format: SinkFormat): FileFrame {
  if (format === "PCAPNG") return { begin: PCAPNG_HEADER, between: NOTHING, end: NOTHING };
  return format === "HAR" ? HAR_FRAME : PLAIN;
}

/** With the dot. */
export function extensionOf(format: SinkFormat): string {
  return findFormat(format)!.extensions[0]!;
}

/** All files begin alike, so that one writer serves them all: it holds packets only within a call. */
export const PACKETS = new PcapngWriter({ application: "tapline" });
PACKETS.addInterface({ name: "tap" });

const NOTHING = new Uint8Array(0);
const PCAPNG_HEADER = PACKETS.take();
const PLAIN: FileFrame = { begin: NOTHING, between: NOTHING, end: NOTHING };
const UTF8 = new TextEncoder();
const har = new HarWriter(VERSION);
const HAR_FRAME: FileFrame = {
  begin: UTF8.encode(`${har.begin()}\n`),
  between: UTF8.encode(",\n"),
  end: UTF8.encode(har.end()),
};
