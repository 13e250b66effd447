import { EXCHANGE_CODEC, rowOf } from "../../analysis/protocols/index.ts";
import { type Exchange, TaplineError, VERSION } from "../../model/index.ts";
import { REQUEST_PROGRAMS, requestCommand } from "../../sink/terminal/details/request-command.ts";
import { EXCHANGE_FORMATS } from "../../wire/formats.ts";
import { exchangePackets } from "./exchange-packets.ts";

/** Formats that one exchange can be taken in: those that files of exchanges have, packets, and commands. */
export const EXPORTS: Readonly<Record<string, { readonly type: string; readonly extension: string }>> = {
  pcapng: { type: "application/vnd.tcpdump.pcap", extension: "pcapng" },
  ...Object.fromEntries(
    EXCHANGE_FORMATS.map(({ name, mediaType, extensions: [extension = name] }) => [
      name,
      { type: mediaType, extension: extension.slice(1) },
    ]),
  ),
  ...Object.fromEntries(
    REQUEST_PROGRAMS.map((program) => [program, { type: "text/plain; charset=utf-8", extension: "sh" }]),
  ),
};

/** @throws TaplineError `usage` where the format has no place for it */
export async function exportExchange(exchange: Exchange, format: string): Promise<Uint8Array | string> {
  const encoder = EXCHANGE_FORMATS.find(({ name }) => name === format)?.encode(VERSION, EXCHANGE_CODEC);
  if (encoder !== undefined) {
    const begin = encoder.begin();
    const text = encoder.exchange(exchange);
    if (text === undefined) throw noPlace(exchange, `a ${format.toUpperCase()}`);
    return `${begin}${text}${encoder.end()}`;
  }
  const program = REQUEST_PROGRAMS.find((name) => name === format);
  const made = program === undefined ? exchangePackets(exchange) : requestCommand(exchange, program);
  if (made === undefined) throw noPlace(exchange, program === undefined ? "packets" : "a command");
  return made;
}

function noPlace(exchange: Exchange, what: string): TaplineError {
  return new TaplineError("usage", `${rowOf(exchange).operation(exchange)} cannot be made ${what}`, {
    hint: "take it as ndjson",
  });
}
