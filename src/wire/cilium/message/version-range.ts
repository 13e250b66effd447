import { DefinitionCache, GobError, type WireType } from "../../gob/index.ts";
import { nativeUint16 } from "../go/read-native.ts";
import {
  MessageTypeAccessLog,
  MessageTypeCapture,
  MessageTypeDrop,
  MessageTypePolicyVerdict,
  MessageTypeRecCapture,
  MessageTypeTrace,
  MessageTypeTraceSock,
} from "../names/message-types.ts";
import { hasShortPlace, tellDropHeader } from "./drop-notify.ts";
import { readLogRecordTypes } from "./log-record-types.ts";
import { fitsPolicyHeader } from "./policy-verdict-notify.ts";
import { traceSockLayouts } from "./trace-sock-notify.ts";

/** The versions of Cilium 1.x that something can come from: minor numbers, both included. */
export interface VersionRange {
  readonly from: number;
  readonly to: number;
}

/** The range before anything has been seen: from the oldest version that is decoded to any later one. */
export const ANY_VERSION: VersionRange = { from: 9, to: Number.POSITIVE_INFINITY };

/**
 * Which versions of Cilium a message can come from, by its version field, by the length of its header (what follows the
 * captured packet is at most 7 bytes of padding), and by how an access log record's types are described.
 */
export class VersionRangeReader {
  readonly #definitions = new DefinitionCache();
  readonly #ranges = new WeakMap<object, VersionRange>();

  /** The range of the message in `bytes[start, end)`; undefined where it could be of any version. */
  read(bytes: Uint8Array, start: number, end: number): VersionRange | undefined {
    const length = end - start;
    switch (bytes[start]) {
      case MessageTypeTrace:
        return length >= 16 ? rangeOfTrace(nativeUint16(bytes, start + 14)) : undefined;
      case MessageTypeDrop:
        return rangeOfDrop(bytes, start, length);
      case MessageTypePolicyVerdict:
        if (fitsPolicyHeader(bytes, start, length, 40)) return FROM_19;
        return fitsPolicyHeader(bytes, start, length, 32) ? UP_TO_18 : undefined;
      case MessageTypeCapture:
        return length >= 16 && nativeUint16(bytes, start + 14) === 1 ? FROM_19 : undefined;
      case MessageTypeRecCapture:
        return length >= 24 ? { from: 10, to: 18 } : undefined;
      case MessageTypeTraceSock: {
        const { early, later } = traceSockLayouts(bytes, start, length);
        return early === later ? FROM_13 : early ? { from: 13, to: 18 } : FROM_19;
      }
      case MessageTypeAccessLog:
        return this.#rangeOfRecord(bytes, start + 1, end);
      default:
        return undefined;
    }
  }

  #rangeOfRecord(bytes: Uint8Array, start: number, end: number): VersionRange | undefined {
    try {
      const definitions = this.#definitions.find(bytes, start, end);
      let range = this.#ranges.get(definitions);
      if (range === undefined) {
        range = rangeOfTypes(definitions.types);
        this.#ranges.set(definitions, range);
      }
      return range === ANY_VERSION ? undefined : range;
    } catch (error) {
      if (error instanceof GobError) return undefined;
      throw error;
    }
  }
}

const FROM_13: VersionRange = { from: 13, to: Number.POSITIVE_INFINITY };
const FROM_19: VersionRange = { from: 19, to: Number.POSITIVE_INFINITY };
const UP_TO_18: VersionRange = { from: 9, to: 18 };

function rangeOfTrace(version: number): VersionRange | undefined {
  if (version === 2) return FROM_19;
  return version < 2 ? UP_TO_18 : undefined;
}

/** A datapath before v1.17 does not write the version's two bytes: they are the upper half of the captured length. */
function rangeOfDrop(bytes: Uint8Array, start: number, length: number): VersionRange | undefined {
  if (length < 32) return undefined;
  const version = nativeUint16(bytes, start + 14);
  if (version === 0) {
    const header = tellDropHeader(bytes, start, length);
    if (header === undefined) return undefined;
    if (header === 36) return { from: 13, to: 16 };
    return { from: hasShortPlace(bytes, start) ? 10 : ANY_VERSION.from, to: 12 };
  }
  return version === 1
    ? { from: 17, to: 17 }
    : version === 2
      ? { from: 18, to: 18 }
      : version === 3
        ? FROM_19
        : undefined;
}

function rangeOfTypes(types: ReadonlyMap<number, WireType>): VersionRange {
  const record = readLogRecordTypes(types);
  if (record === undefined) return ANY_VERSION;
  const { labels, addresses, hasDigest, hasKafka } = record;
  const from = Math.max(
    hasDigest || labels === undefined ? ANY_VERSION.from : 12,
    labels === "structs" ? 16 : ANY_VERSION.from,
    addresses === "binary" ? 17 : ANY_VERSION.from,
    hasKafka ? ANY_VERSION.from : 20,
  );
  const to = Math.min(
    hasDigest ? 11 : ANY_VERSION.to,
    labels === "texts" ? 15 : ANY_VERSION.to,
    addresses === "bytes" ? 16 : ANY_VERSION.to,
    hasKafka ? 19 : ANY_VERSION.to,
  );
  return from <= to ? { from, to } : ANY_VERSION;
}
