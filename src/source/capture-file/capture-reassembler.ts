import { claimsDatagram } from "../../analysis/detectors.ts";
import {
  PacketReassembler,
  type PacketReassemblerOptions,
  type ReassemblyLimits,
} from "../../analysis/reassembly/index.ts";
import { type Ledger, TaplineError } from "../../model/index.ts";
import { CAPTURE_MAGIC_BYTES } from "../../wire/pcap/index.ts";
import type { Input } from "./input.ts";

export interface ReassemblerOptions extends Pick<PacketReassemblerOptions, "observer"> {
  readonly budget?: PacketReassemblerOptions["budget"] | undefined;
  readonly fragments?: PacketReassemblerOptions["fragments"] | undefined;
  readonly reassemblyLimits?: Partial<ReassemblyLimits> | undefined;
}

/** The reassembly of what a capture holds. */
export function createReassembler(
  { observer, budget, fragments, reassemblyLimits = {} }: ReassemblerOptions,
  ledger: Ledger,
): PacketReassembler {
  return new PacketReassembler({
    observer,
    ledger,
    limits: reassemblyLimits,
    claimsDatagram,
    ...(budget === undefined ? {} : { budget }),
    ...(fragments === undefined ? {} : { fragments }),
  });
}

/** The error of an input that is no capture. */
export function describeUnknown(input: Input): TaplineError {
  const { head, name } = input;
  if (head.length === 0) return new TaplineError("input", "this is empty", { place: { file: name } });
  const shown = [...head.subarray(0, CAPTURE_MAGIC_BYTES)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return new TaplineError("input", `this is neither pcap nor pcapng: it begins with ${shown}`, {
    place: { file: name, offset: 0 },
  });
}
