import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DETECTORS } from "../../src/analysis/detectors.ts";
import { Analyzer } from "../../src/analysis/index.ts";
import { type HttpExchange, Ledger } from "../../src/model/index.ts";
import { openCapture } from "../../src/source/capture-file/index.ts";
import { checkExchanges } from "../support/late-join.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { recordLoopback } from "../support/record-loopback.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { viewAsHttp } from "../support/view-as-http.ts";

const skip =
  process.getuid?.() === 0 ? skipUnless("tcpdump", "nghttpd", "nghttp", "curl", "h2load") : "needs root, for tcpdump";

describe("sessions with nghttpd that tcpdump captured", { skip }, () => {
  const folder = makeTemporaryFolder();
  let server: StartedProgram;
  let port = 0;
  before(async () => {
    for (const name of ["index.html", "a.css"])
      writeFileSync(join(folder.path, name), `the content of ${name}\n`.repeat(99));
    [port = 0] = await findFreePorts(1);
    server = startProgram("nghttpd", [
      "--no-tls",
      "-a",
      "127.0.0.1",
      "-d",
      folder.path,
      "-p/index.html=/a.css",
      `${port}`,
    ]);
    await waitForPort(port);
  });
  after(async () => {
    await server?.stop();
    folder.remove();
  });

  /** tcpdump's output while a program runs. */
  const capture = async (program: string, args: string[]): Promise<Uint8Array> => {
    const file = await recordLoopback(folder.path, `port ${port}`, async () => {
      await runProgram(
        program,
        args.map((arg) => (arg.startsWith("/") ? `http://127.0.0.1:${port}${arg}` : arg)),
      );
    });
    return new Uint8Array(readFileSync(file));
  };

  const read = async (pcap: Uint8Array): Promise<HttpExchange[]> => {
    const file = join(folder.path, "cut.pcap");
    writeFileSync(file, pcap);
    const exchanges: HttpExchange[] = [];
    const ledger = new Ledger();
    const analyzer = new Analyzer({
      emit: (exchange) => exchanges.push(viewAsHttp(exchange)),
      ledger,
      detectors: DETECTORS,
    });
    await openCapture(file, { observer: analyzer, ledger });
    analyzer.finish();
    assert.ok(ledger.balanced, ledger.format().join("\n"));
    return exchanges;
  };

  for (const [name, program, args] of [
    ["nghttp", "nghttp", ["-n", "-m", "4", "-H", "x-tag: one", "/index.html", "/a.css"]],
    ["curl", "curl", ["-s", "--http2-prior-knowledge", "/index.html"]],
    ["h2load", "h2load", ["-n", "20", "-c", "1", "-m", "3", "/a.css", "/missing"]],
  ] as [string, string, string[]][])
    test(`${name}, without its first N packets, for every N`, async () => {
      const pcap = await capture(program, args);
      const whole = new Map((await read(pcap)).map((exchange) => [exchange.streamId, exchange]));
      assert.ok(whole.size >= 1 && [...whole.values()].every(({ quality }) => quality === "complete"));
      const packets = listPackets(pcap);
      for (let count = 1; count < packets.length; count++) {
        const cut = Buffer.concat([pcap.subarray(0, PCAP_HEADER), pcap.subarray(packets[count]!)]);
        checkExchanges(await read(cut), whole, `without ${count} of ${packets.length} packets`);
      }
    });
});

const PCAP_HEADER = 24;

/** Where the packets of a pcap file begin (little-endian, as tcpdump writes it here). */
function listPackets(pcap: Uint8Array): number[] {
  const view = new DataView(pcap.buffer, pcap.byteOffset);
  const starts: number[] = [];
  for (let at = PCAP_HEADER; at < pcap.length; at += 16 + view.getUint32(at + 8, true)) starts.push(at);
  return starts;
}
