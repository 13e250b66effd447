import { type Ledger, TaplineError } from "../../model/index.ts";
import type { MatchedFile } from "../../sink/capture-file/matched-file.ts";
import { PacketWriting } from "../../sink/capture-file/packet-writing.ts";
import { TraceWriting } from "../../sink/capture-file/trace-writing.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import type { ExchangeRow, FormatFamily } from "../../wire/format.ts";
import { chooseFormat } from "../flags/choose-format.ts";
import type { ReadFlags } from "./read-flags.ts";

/** Exchanges are written by the pipeline's output itself: this only says in which format. */
export type WriteTarget = { readonly exchanges: ExchangeRow } | { readonly writing: MatchedFile };

/** @throws TaplineError (`usage`) for an extension that says nothing, (`output`) where the file cannot be opened */
export function createWriting(path: string, flags: ReadFlags, ledger: Ledger): WriteTarget {
  const format = chooseFormat(flags.writeFormat, path);
  if (format.kind === "exchanges") return { exchanges: format };
  if (flags.last !== undefined)
    throw new TaplineError("usage", `--last ${flags.last}: of packets and traces it is not known which are the last`, {
      hint: "--since TIME, or -w to .har or .ndjson",
    });
  if (format.kind === "traces") return { writing: new TraceWriting(path, format, ledger) };
  return {
    writing: new PacketWriting(path, {
      name: format.name,
      format: format.family as "pcap" | "pcapng",
      filtered: SELECTING.some((flag) => flags[flag] !== undefined),
      ...(flags.keylog === undefined ? {} : { keyLog: readWholeFile(flags.keylog) }),
    }),
  };
}

/** Flags that leave some exchanges out, and so the packets of their connections. */
const SELECTING = ["filter", "count", "since", "until", "trace"] as const;

/** Files of a kind are made of some formats alone. @throws TaplineError (`usage`) for another */
export function refuseOther(format: FormatFamily, { takes, name }: MatchedFile): void {
  if (takes.includes(format)) return;
  const hasPackets = format === "pcap" || format === "pcapng" || format === "envoy";
  const wanted = takes.includes("pcap") ? "captures and Envoy traces" : "Envoy traces";
  throw new TaplineError("usage", `cannot convert ${format} to ${name}: only ${wanted} can be`, {
    hint: `write ${hasPackets ? "pcap, pcapng, " : ""}har or ndjson`,
  });
}
