import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import { type CaptureConfig, DEFAULT_MAX_CAPTURED_BYTES } from "./tap-config.ts";

const FILE_SINK = {
  name: "FileSink",
  fields: ["path_prefix", "format", "max_captured_bytes"],
} as const satisfies MessageShape<string>;

const FORMATS = { 0: "PROTO_BINARY", 1: "PROTO_TEXT", 1000: "PCAPNG" } as const;

/** Reads the `file_sink` of a capture transport socket. Throws TaplineError (`configuration`). */
export function readCaptureConfig(fileSink: DocumentNode): CaptureConfig {
  const message = new MessageReader(fileSink, FILE_SINK);
  const maxCapturedBytes = message.integer("max_captured_bytes", { most: BigInt(Number.MAX_SAFE_INTEGER) });
  if (maxCapturedBytes === 0n) refuse(message.placeOf("max_captured_bytes"), "max_captured_bytes must not be 0");
  return {
    pathPrefix: message.requiredString("path_prefix"),
    format: message.enumeration("format", FORMATS) ?? "PROTO_BINARY",
    maxCapturedBytes: maxCapturedBytes === undefined ? DEFAULT_MAX_CAPTURED_BYTES : Number(maxCapturedBytes),
  };
}
