/** Trace files on a disk that is full, and Wireshark's files as Wireshark reads them. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type Connection, Ledger, MemoryBudget, SILENT_LOGGER } from "../src/model/index.ts";
import { FilePerTapSink, TraceFiles, WorkerFileExecutor } from "../src/sink/file/index.ts";
import { ActiveTap, type SinkFormat, SocketTap } from "../src/tap/index.ts";
import { findProgram, skipUnless } from "./support/needs.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const folder = makeTemporaryFolder();
after(() => folder.remove());

interface Setup {
  readonly prefix: string;
  readonly format: SinkFormat;
  readonly streaming: boolean;
  readonly limit: number;
}

function makeTap({ prefix, format, streaming, limit }: Setup) {
  const ledger = new Ledger();
  const budget = new MemoryBudget(64 * 1024 * 1024);
  const files = new TraceFiles({ executor: new WorkerFileExecutor(), budget, ledger, logger: SILENT_LOGGER });
  const sink = {
    format,
    connectionLayout: "new",
    destination: { kind: "file-per-tap", pathPrefix: prefix },
  } as const;
  const output = {
    sink,
    maxBufferedRxBytes: limit,
    maxBufferedTxBytes: limit,
    streaming,
    minStreamedSentBytes: 0,
  };
  const active = new ActiveTap({ match: { kind: "any" }, output }, new FilePerTapSink(prefix, sink, files));
  const tap = new SocketTap({
    current: () => [active],
    socket: { setConnectionPerEvent: false },
    budget,
    ledger,
  });
  return { tap, files, ledger, budget };
}

/** A connection on which `reads` and then `writes` pass, a second apart. */
function play(tap: SocketTap, id: number, reads: readonly string[], writes: readonly string[]): void {
  const connection: Connection = {
    id: BigInt(id),
    transport: "tcp",
    local: { kind: "ip", address: "10.0.0.1", port: 80 },
    remote: { kind: "ip", address: "10.0.0.2", port: 1024 + id },
    role: "server",
    opened: { seconds: 1000, nanos: 0 },
  };
  const observer = tap.attach(connection)!;
  let seconds = 1000;
  for (const [direction, pieces] of [
    ["read", reads],
    ["write", writes],
  ] as const)
    for (const piece of pieces) {
      const time = { seconds: ++seconds, nanos: 0 };
      observer.observe({ kind: "data", connection, time, direction, offset: 0, data: Buffer.from(piece) });
    }
  connection.closed = { seconds: ++seconds, nanos: 0 };
  observer.observe({ kind: "close", connection, time: connection.closed, how: "fin" });
}

describe("Wireshark reads the PCAPNG format", { skip: skipUnless("tshark") }, () => {
  const tshark = (file: string, ...args: string[]) =>
    execFileSync(findProgram("tshark")!, ["-r", file, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  const REQUEST = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
  const RESPONSE = ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello"];

  for (const streaming of [false, true])
    test(`${streaming ? "streamed" : "buffered"}: the exchange, a whole connection, nothing to complain of`, async () => {
      const prefix = join(folder.path, `shark-${streaming}`);
      const { tap, files } = makeTap({ prefix, format: "PCAPNG", streaming, limit: 1000 });
      play(tap, 1, [REQUEST], RESPONSE);
      await files.close();
      const file = `${prefix}_1.pcapng`;
      const fields = ["-e", "http.request.uri", "-e", "http.response.code", "-e", "http.content_length"];
      const exchange = tshark(file, "-Y", "http", "-T", "fields", ...fields).trim();
      assert.deepEqual(
        exchange.split("\n").map((line) => line.trim()),
        ["/x", "200\t5"],
      );
      assert.equal(
        tshark(file, "-o", "tcp.check_checksum:TRUE", "-Y", "tcp.analysis.flags or tcp.checksum.status == 0"),
        "",
      );
      const flags = tshark(file, "-T", "fields", "-e", "tcp.flags.str").replaceAll("·", "");
      assert.match(flags, /^S\nAS\nA\nAP\n(AP\n)+AF\nAF\nA\n$/);
    });

  test("what a limit cut is missing, with a comment", async () => {
    const prefix = join(folder.path, "cut");
    const { tap, files } = makeTap({ prefix, format: "PCAPNG", streaming: true, limit: 10 });
    play(tap, 1, [REQUEST], RESPONSE);
    await files.close();
    const file = `${prefix}_1.pcapng`;
    assert.match(tshark(file, "-T", "fields", "-e", "frame.comment"), /missing before this packet \(truncated\)/);
    assert.notEqual(tshark(file, "-Y", "tcp.analysis.lost_segment"), "");
  });
});

describe("a full disk", { skip: canMount() }, () => {
  const disk = join(folder.path, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
  after(() => execFileSync("umount", [disk]));

  test("what was written is whole, what was lost is counted, and later files are written again", async () => {
    const prefix = join(disk, "a");
    const { tap, files, ledger, budget } = makeTap({
      prefix,
      format: "PROTO_BINARY_LENGTH_DELIMITED",
      streaming: true,
      limit: 100_000,
    });
    for (let id = 0; id < 100; id++) play(tap, id, ["x".repeat(5000)], ["y".repeat(5000)]);
    await files.flush();
    const book = ledger.book("trace-files");
    assert.equal(book.entered, 100);
    assert.equal(book.handled + (book.droppedBy.get("enospc") ?? 0), 100);
    assert.ok(book.handled > 5 && book.handled < 100, book.format());
    const names = readdirSync(disk);
    const whole = names.filter((name) => name.endsWith(".pb_length_delimited"));
    assert.equal(whole.length, book.handled);
    assert.equal(new Set(whole.map((name) => statSync(join(disk, name)).size)).size <= 2, true, "all of one form");
    for (const name of names) assert.ok(isChain(readFileSync(join(disk, name))), name);
    assert.equal(budget.used, 0);
    assert.ok(ledger.balanced);

    execFileSync("mount", ["-o", "remount,size=1m", disk]);
    play(tap, 200, ["later"], []);
    await files.close();
    assert.ok(readdirSync(disk).includes("a_200.pb_length_delimited"));
  });
});

/** Whether the bytes are lengths, each followed by so many bytes. */
function isChain(bytes: Buffer): boolean {
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += length;
  }
  return at === bytes.length;
}

function canMount(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux, to mount a small tmpfs";
  const path = makeTemporaryFolder();
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path.path]).status === 0;
  if (mounted) execFileSync("umount", [path.path]);
  path.remove();
  return mounted ? false : "a tmpfs cannot be mounted here";
}
