import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, test } from "node:test";
import { Analyzer } from "../../src/analysis/analyzer.ts";
import { EXCHANGE_CODEC, exchangeDocument } from "../../src/analysis/protocols/index.ts";
import { PacketReassembler } from "../../src/analysis/reassembly/index.ts";
import { type Exchange, Ledger } from "../../src/model/index.ts";
import { HarReader, HarWriter } from "../../src/wire/har/index.ts";
import { CapturedPacket } from "../../src/wire/pcap/index.ts";
import { checkHar } from "../support/check-har.ts";
import { sharedData } from "../support/needs.ts";
import { loadPackets } from "../support/rewrite-packets.ts";

/** Fields of a document that are others once it was a HAR, and why. */
const EXCEPTIONS: ReadonlySet<string> = new Set([
  // Numbers the exchanges of a run; a HAR has no place for exchanges of some kinds.
  "id",
]);
const MAX_PACKETS = 5000;

for (const folder of ["corpora/captures", "findings"]) {
  const { path, skip } = sharedData(folder);
  describe(`exchanges are the same once they were a HAR, in ${folder}`, { skip }, () => {
    for (const name of skip ? [] : globSync("**/*.{pcap,pcapng}", { cwd: path }).sort())
      test(name, () => {
        const exchanges = understand(`${path}/${name}`);
        const writer = new HarWriter("1");
        let text = writer.begin();
        const written: Exchange[] = [];
        for (const exchange of exchanges) {
          const entry = EXCHANGE_CODEC.writeHarEntry(exchange);
          if (entry === undefined) continue;
          written.push(exchange);
          text += writer.entry(entry);
        }
        text += writer.end();
        assert.deepEqual(checkHar(JSON.parse(text)), []);
        assert.deepEqual(readHar(text).map(documentOf), written.map(documentOf));
      });
  });
}

function understand(path: string): Exchange[] {
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(exchange) });
  const reassembler = new PacketReassembler({ observer: analyzer, source: path });
  const captured = new CapturedPacket();
  for (const { bytes, ...facts } of loadPackets(path).slice(0, MAX_PACKETS)) {
    Object.assign(captured, facts, { bytes, start: 0, end: bytes.length });
    reassembler.push(captured);
  }
  reassembler.finish();
  analyzer.finish();
  return exchanges;
}

function readHar(text: string): Exchange[] {
  const exchanges: Exchange[] = [];
  const handler = {
    exchange: (exchange: Exchange) => void exchanges.push(exchange),
    problem: ({ message }: { message: string }) => assert.fail(message),
  };
  const reader = new HarReader(handler, new Ledger().book("records"), EXCHANGE_CODEC);
  reader.push(new TextEncoder().encode(text));
  reader.end();
  return exchanges;
}

function documentOf(exchange: Exchange): object {
  return JSON.parse(
    JSON.stringify(exchangeDocument(exchange), function (this: { type?: string }, key: string, value: unknown) {
      return this.type === "exchange" && EXCEPTIONS.has(key) ? undefined : value;
    }),
  );
}
