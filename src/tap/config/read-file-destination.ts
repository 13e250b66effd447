import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import type { FileDestination, SingleFile, SinkFormat } from "./tap-config.ts";

const FILE_PER_TAP = {
  name: "FilePerTapSink",
  // All but the first are ours.
  fields: ["path_prefix", "single_file", "roll", "keep"],
} as const satisfies MessageShape<string>;

const ROLL = { name: "roll", fields: ["max_bytes", "interval"] } as const satisfies MessageShape<string>;

/** Reads `FilePerTapSink`. Throws TaplineError (`configuration`). */
export function readFileDestination(node: DocumentNode, format: SinkFormat): FileDestination {
  const message = new MessageReader(node, FILE_PER_TAP);
  const pathPrefix = message.requiredString("path_prefix");
  const isSingle = message.bool("single_file");
  const roll = message.node("roll");
  const keep = message.uint32("keep");
  if (roll !== undefined && !isSingle)
    refuse(
      message.placeOf("roll"),
      "roll: there is nothing to roll where each trace has a file of its own",
      "add single_file: true",
    );
  if (isSingle && format === "PROTO_BINARY")
    refuse(
      message.placeOf("single_file"),
      "single_file with format PROTO_BINARY: messages that follow each other cannot be told apart",
      "use format PROTO_BINARY_LENGTH_DELIMITED",
    );
  if (keep === 0)
    refuse(message.placeOf("keep"), "keep: value must be greater than 0", "leave it out to keep all files");
  return {
    kind: "file-per-tap",
    pathPrefix,
    ...(isSingle && { single: roll === undefined ? {} : readRoll(roll) }),
    ...(keep !== undefined && { keep }),
  };
}

function readRoll(node: DocumentNode): SingleFile {
  const message = new MessageReader(node, ROLL);
  const maxBytes = message.integer("max_bytes", { most: BigInt(Number.MAX_SAFE_INTEGER) });
  const intervalMillis = message.durationMillis("interval");
  if (maxBytes === undefined && intervalMillis === undefined)
    refuse(node.place, "roll: expected max_bytes, interval or both");
  if (maxBytes === 0n) refuse(message.placeOf("max_bytes"), "max_bytes: value must be greater than 0");
  if (intervalMillis !== undefined && (intervalMillis < 1 || intervalMillis > MAX_TIMER_MILLIS))
    refuse(message.placeOf("interval"), "interval: expected at least 0.001s and at most 24 days");
  return {
    ...(maxBytes !== undefined && { maxBytes: Number(maxBytes) }),
    ...(intervalMillis !== undefined && { intervalMillis }),
  };
}

/** The longest that a timer can wait. */
const MAX_TIMER_MILLIS = 2 ** 31 - 1;
