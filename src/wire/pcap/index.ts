export * from "./growable-buffer.ts";
export * from "./link-type.ts";
export * from "./packet-writer.ts";
export * from "./pcap-writer.ts";
export * from "./pcapng-format.ts";
export * from "./pcapng-writer.ts";
