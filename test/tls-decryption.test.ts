/** Sessions of OpenSSL (through Node, and the openssl program), recorded off the wire, decrypted with their key logs. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type ConnectionOptions, connect, createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { Analyzer } from "../src/analysis/analyzer.ts";
import type { ProtocolDetector } from "../src/analysis/protocol-detector.ts";
import { createTlsDetector } from "../src/analysis/tls/tls-detector.ts";
import type { Connection, Direction, HttpExchange, SocketEvent } from "../src/model/index.ts";
import { Ledger } from "../src/model/index.ts";
import { KeyLog } from "../src/wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../src/wire/tls/node-tls-crypto.ts";
import { createCertificates } from "./support/certificates.ts";
import { skipUnless } from "./support/needs.ts";
import { viewAsHttp } from "./support/view-as-http.ts";

interface Recording {
  readonly wire: { readonly direction: Direction; readonly data: Buffer }[];
  /** The bytes that the client sent and got. */
  readonly sent: string;
  readonly received: string;
}

const SUITES: readonly [version: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3", suite: string][] = [
  ["TLSv1.3", "TLS_AES_128_GCM_SHA256"],
  ["TLSv1.3", "TLS_AES_256_GCM_SHA384"],
  ["TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"],
  ["TLSv1.3", "TLS_AES_128_CCM_SHA256"],
  ["TLSv1.3", "TLS_AES_128_CCM_8_SHA256"],
  ["TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"],
  ["TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"],
  ["TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"],
  ["TLSv1.2", "ECDHE-ECDSA-AES128-CCM"],
  ["TLSv1.2", "ECDHE-ECDSA-AES256-CCM8"],
  ["TLSv1.2", "ECDHE-ECDSA-AES128-SHA"],
  ["TLSv1.2", "ECDHE-ECDSA-AES256-SHA"],
  ["TLSv1.2", "ECDHE-ECDSA-AES128-SHA256"],
  ["TLSv1.2", "ECDHE-ECDSA-AES256-SHA384"],
  ["TLSv1.1", "ECDHE-ECDSA-AES128-SHA"],
  ["TLSv1", "ECDHE-ECDSA-AES256-SHA"],
];

const REQUEST = "GET /secret HTTP/1.1\r\n\r\n";
const REPLY = "x".repeat(40_000);

describe("TLS is decrypted with a key log", { skip: skipUnless("openssl") }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tapline-tls-"));
  let keys: { key: Buffer; cert: Buffer };

  before(() => {
    const { server } = createCertificates(folder);
    keys = { key: readFileSync(server.key), cert: readFileSync(server.certificate) };
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [version, suite] of SUITES) {
    test(`${version} ${suite}`, async () => {
      const { recordings, keyLog } = await recordSessions(
        { ...keys, ...only(version, suite) },
        only(version, suite),
        1,
      );
      const { plaintext, connection, ledger } = decrypt(recordings, { keyLog });
      assert.deepEqual(plaintext, { read: recordings[0]!.sent, write: recordings[0]!.received });
      const { tls } = connection;
      assert.deepEqual([tls?.version, tls?.sni, tls?.alpn, tls?.decrypted], [version, "localhost", "test/1", true]);
      assert.match(tls!.ja4!, /^t1[0-3]d\d{4}t1_[0-9a-f]{12}_[0-9a-f]{12}$/);
      assert.ok(ledger.balanced, ledger.format().join("\n"));
    });
  }

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`${version}: cut into pieces of any size it is the same`, async () => {
      const { recordings, keyLog } = await recordSessions(keys, { minVersion: version, maxVersion: version }, 1);
      for (const size of [1, 2, 3, 5, 7, 64, 1000, 17_000]) {
        const { plaintext } = decrypt(recordings, { keyLog, pieces: size });
        assert.deepEqual(plaintext, { read: REQUEST, write: REPLY }, `pieces of ${size}`);
      }
    });

    test(`${version}: secrets that come after all packets`, async () => {
      const { recordings, keyLog } = await recordSessions(keys, { minVersion: version, maxVersion: version }, 1);
      const { plaintext, ledger } = decrypt(recordings, { keyLog, late: true });
      assert.deepEqual(plaintext, { read: REQUEST, write: REPLY });
      assert.ok(ledger.balanced);
    });

    test(`${version}: without a key log there are the facts of the hellos and one exchange with sizes`, async () => {
      const { recordings } = await recordSessions(keys, { minVersion: version, maxVersion: version }, 1);
      const { plaintext, connection, exchanges, ledger } = decrypt(recordings, {});
      assert.deepEqual(plaintext, { read: "", write: "" });
      assert.equal(connection.tls?.version, version);
      assert.deepEqual(
        exchanges.map(({ protocol, quality }) => [protocol, quality]),
        [["tls", "complete"]],
      );
      assert.ok(exchanges[0]!.response!.body.size > REPLY.length);
      assert.ok(ledger.balanced);
    });

    test(`${version}: a resumed session`, async () => {
      const { recordings, keyLog, resumed } = await recordSessions(
        keys,
        { minVersion: version, maxVersion: version },
        2,
      );
      assert.deepEqual(resumed, [false, true]);
      // TLS 1.2 resumes the master secret: the first session's line is enough.
      const lines = version === "TLSv1.2" ? keyLog.split("\n")[0]! : keyLog;
      const { plaintext } = decrypt(recordings, { keyLog: `${lines}\n` });
      assert.deepEqual(plaintext, { read: REQUEST + REQUEST, write: REPLY + REPLY });
    });

    test(`${version}: after a hole the records that follow are found and opened`, async () => {
      const { recordings, keyLog } = await recordSessions(keys, { minVersion: version, maxVersion: version }, 1);
      const [{ wire }] = recordings as [Recording];
      const writes = wire.filter(({ direction }) => direction === "write");
      const total = writes.reduce((sum, { data }) => sum + data.length, 0);
      // The reply is three records of 16 KiB at most: 20 000 bytes before the end the second one is cut.
      const { plaintext, ledger } = decrypt(recordings, {
        keyLog,
        hole: { direction: "write", from: total - 20_000, size: 1000 },
      });
      assert.equal(plaintext.read, REQUEST);
      assert.ok(plaintext.write.length > 0 && plaintext.write.length < REPLY.length, `${plaintext.write.length} bytes`);
      assert.equal(plaintext.write.length, 40_000 - 16_384);
      assert.ok(ledger.balanced);
    });
  }

  test("key updates, asked for by the openssl program", async () => {
    const { recordings, keyLog, text } = await recordProgram(folder);
    const { plaintext } = decrypt(recordings, { keyLog });
    assert.equal(plaintext.read, text);
  });
});

function only(version: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3", suite: string) {
  // A list without a suite of TLS 1.2 is refused, whatever the version.
  const list = version === "TLSv1.3" ? `${suite}:ECDHE-ECDSA-AES128-SHA` : suite;
  return { minVersion: version, maxVersion: version, ciphers: `${list}:@SECLEVEL=0` };
}

/** Lets Node's TLS client and server talk through a relay that records the wire, one session after the other. */
async function recordSessions(server: TlsOptions, client: ConnectionOptions, sessions: number) {
  let keyLog = "";
  const service = createServer({ ALPNProtocols: ["test/1"], ...server }, (socket) => {
    socket.on("error", () => {}).on("data", () => socket.write(REPLY));
  }).listen(0, "127.0.0.1");
  service.on("keylog", (line: Buffer) => {
    keyLog += line.toString("latin1");
  });
  await once(service, "listening");
  const relay = await startRelay((service.address() as { port: number }).port);
  const resumed: boolean[] = [];
  let session: Buffer | undefined;
  try {
    for (let index = 0; index < sessions; index++) {
      const socket: TLSSocket = connect({
        ...client,
        port: relay.port,
        host: "127.0.0.1",
        servername: "localhost",
        ALPNProtocols: ["test/1"],
        rejectUnauthorized: false,
        ...(session && { session }),
      });
      socket.on("session", (data: Buffer) => {
        session = data;
      });
      await once(socket, "secureConnect");
      resumed.push(socket.isSessionReused());
      socket.write(REQUEST);
      for (let missing = REPLY.length; missing > 0; ) missing -= ((await once(socket, "data")) as [Buffer])[0].length;
      socket.end();
      await once(socket, "close");
    }
  } finally {
    service.close();
    relay.close();
  }
  return { recordings: relay.recordings.map((wire) => ({ wire, sent: REQUEST, received: REPLY })), keyLog, resumed };
}

/** openssl s_client sends lines, asking for new keys between them. */
async function recordProgram(folder: string) {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const log = join(folder, "keys.log");
  const server = spawn(
    "openssl",
    [
      "s_server",
      "-accept",
      `127.0.0.1:${port}`,
      "-cert",
      join(folder, "server.pem"),
      "-key",
      join(folder, "server.key"),
      "-quiet",
    ],
    { stdio: ["pipe", "ignore", "ignore"] },
  );
  await delay(300);
  const relay = await startRelay(port);
  const client = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${relay.port}`, "-tls1_3", "-keylogfile", log], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  await delay(300);
  // A line that begins with K asks for an update of both sides' keys, k for one's own.
  for (const line of ["first\n", "K\n", "second\n", "k\n", "third\n"]) {
    client.stdin.write(line);
    await delay(150);
  }
  client.kill();
  server.kill();
  await once(server, "exit");
  relay.close();
  return {
    recordings: relay.recordings.map((wire) => ({ wire, sent: "", received: "" })),
    keyLog: readFileSync(log, "utf8"),
    text: "first\nsecond\nthird\n",
  };
}

async function startRelay(target: number) {
  const recordings: Recording["wire"][] = [];
  const relay = createTcpServer((near) => {
    const wire: Recording["wire"] = [];
    recordings.push(wire);
    const far = connectTcp({ host: "127.0.0.1", port: target });
    for (const [from, to, direction] of [
      [near, far, "read"],
      [far, near, "write"],
    ] as const) {
      from.on("data", (data) => {
        wire.push({ direction, data });
        to.write(data);
      });
      from.on("end", () => to.end()).on("error", () => to.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(relay, "listening");
  return { port: (relay.address() as { port: number }).port, recordings, close: () => relay.close() };
}

interface DecryptOptions {
  readonly keyLog?: string;
  readonly late?: boolean;
  readonly pieces?: number;
  readonly hole?: { readonly direction: Direction; readonly from: number; readonly size: number };
}

/** Runs the recordings through the analysis; gives all plaintext of each direction. */
function decrypt(recordings: readonly Recording[], options: DecryptOptions) {
  const ledger = new Ledger();
  const log = new KeyLog();
  const plaintext = { read: "", write: "" };
  const exchanges: HttpExchange[] = [];
  if (options.keyLog !== undefined && !options.late) log.push(options.keyLog);
  const tls = createTlsDetector({
    ledger,
    crypto: nodeTlsCrypto,
    ...(options.keyLog !== undefined && { keyLog: log }),
    secretsMayCome: options.late === true,
  });
  const analyzer = new Analyzer({
    emit: (exchange) => exchanges.push(viewAsHttp(exchange)),
    ledger,
    detectors: [tls, createCollector(plaintext)],
  });
  let connection!: Connection;
  for (const [index, { wire }] of recordings.entries()) {
    const time = { seconds: 1, nanos: 0 };
    connection = {
      id: BigInt(index),
      transport: "tcp",
      local: undefined,
      remote: undefined,
      role: "server",
      opened: time,
    };
    for (const event of cutEvents(connection, wire, options)) analyzer.observe(event);
    if (options.late) log.push(options.keyLog!);
    analyzer.observe({ kind: "close", connection, time, how: "fin" });
  }
  return { plaintext, connection, exchanges, ledger };
}

function* cutEvents(
  connection: Connection,
  wire: Recording["wire"],
  { pieces, hole }: DecryptOptions,
): Iterable<SocketEvent> {
  const offsets = { read: 0, write: 0 };
  const time = { seconds: 1, nanos: 0 };
  for (const { direction, data } of wire) {
    for (let at = 0; at < data.length; ) {
      const end = Math.min(data.length, at + (pieces ?? data.length));
      let from = at;
      let to = end;
      const offset = offsets[direction];
      if (hole?.direction === direction) {
        // The part before the hole, the hole, and the part behind it.
        const [first, last] = [
          Math.max(at, Math.min(end, at + hole.from - offset)),
          Math.max(at, Math.min(end, at + hole.from + hole.size - offset)),
        ];
        if (first < last) {
          if (first > at) yield { kind: "data", connection, time, direction, offset, data: data.subarray(at, first) };
          yield {
            kind: "gap",
            connection,
            time,
            direction,
            offset: offset + first - at,
            size: last - first,
            reason: "lost-segment",
          };
          [from, to] = [last, end];
        }
      }
      if (to > from)
        yield { kind: "data", connection, time, direction, offset: offset + from - at, data: data.subarray(from, to) };
      offsets[direction] += end - at;
      at = end;
    }
  }
}

/** Takes any content that is text and keeps it. */
function createCollector(plaintext: Record<Direction, string>): ProtocolDetector {
  return {
    protocol: "test",
    detect: ({ data }) => ({ verdict: data[0]! >= 0x20 ? "yes" : "no" }),
    create: (context) => ({
      push(direction, data) {
        plaintext[direction] += Buffer.from(data).toString("latin1");
        context.bytes.settleHandled(data.length);
      },
      gap() {},
      end() {},
      close() {},
    }),
  };
}
