export * from "./checksum.ts";
export * from "./ip-address.ts";
export * from "./protocol-numbers.ts";
export * from "./synthetic-connection.ts";
export * from "./tcp-frame-builder.ts";
