import { EXCHANGE_CODEC, exchangeLine, rowOf } from "../../analysis/protocols/index.ts";
import { type Exchange, TaplineError, VERSION } from "../../model/index.ts";
import { HarWriter } from "../../wire/har/index.ts";
import { exchangeCommand } from "./curl-command.ts";
import { exchangePackets } from "./exchange-packets.ts";

/** Formats that one exchange can be taken in. */
export const EXPORTS = {
  pcapng: { type: "application/vnd.tcpdump.pcap", extension: "pcapng" },
  har: { type: "application/json", extension: "har" },
  ndjson: { type: "application/x-ndjson", extension: "ndjson" },
  curl: { type: "text/plain; charset=utf-8", extension: "sh" },
} as const;

/** @throws TaplineError `usage` where the format has no place for it */
export async function exportExchange(exchange: Exchange, format: keyof typeof EXPORTS): Promise<Uint8Array | string> {
  if (format === "ndjson") return exchangeLine(exchange);
  if (format === "har") {
    const entry = EXCHANGE_CODEC.writeHarEntry(exchange);
    if (entry === undefined) throw noPlace(exchange, "a HAR");
    const writer = new HarWriter(VERSION);
    return `${writer.begin()}${writer.entry(entry)}${writer.end()}`;
  }
  const made = format === "curl" ? exchangeCommand(exchange) : exchangePackets(exchange);
  if (made === undefined) throw noPlace(exchange, format === "curl" ? "a command of curl" : "packets");
  return made;
}

function noPlace(exchange: Exchange, what: string): TaplineError {
  return new TaplineError("usage", `${rowOf(exchange).operation(exchange)} cannot be made ${what}`, {
    hint: "take it as ndjson",
  });
}
