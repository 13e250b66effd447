import { join } from "node:path";
import { EXCHANGE_CAPTURES, writeExchangeCapture } from "../exchange-captures.ts";
import { HTTP1_READERS, TAPLINE } from "../http1-readers.ts";
import { median } from "../process-usage.ts";
import type { AskedRows } from "./asked-row.ts";
import { costOf, describeCosts } from "./command-cost.ts";
import { compare, pair } from "./compare.ts";
import { SECRET_CAPTURES } from "./secret-captures.ts";
import { takeTurns } from "./take-turns.ts";
import { HTTP2_CAPTURES, writeHttp2Capture } from "./write-http2.ts";

/** Each kind is 90 MB or more. */
const PAIRS = 120_000;
const STREAMS = 200_000;

const byName = (name: string) => HTTP1_READERS.find((reader) => reader.name === name)!;

export const READ_ROWS: readonly AskedRows[] = [
  {
    name: "read",
    needs: ["httpry", "tshark"],
    async *measure(folder) {
      const readers = ["tapline", "httpry", "tshark"].map(byName);
      const path = join(folder, "kind.pcap");
      for (const [kind, capture] of Object.entries(EXCHANGE_CAPTURES)) {
        const megabytes = (writeExchangeCapture(path, capture, PAIRS) / 1e6).toFixed(0);
        const [ours, ...theirs] = await takeTurns(readers, ({ program, args }) => costOf(program, args(path)), {
          mostSeconds: 150,
        });
        for (const [i, asked] of [1.25, 1 / 6].entries())
          yield {
            work: "`read -T fields`, 90 MB or more",
            peer: readers[i + 1]!.name,
            asked,
            kind: `${kind}, ${megabytes} MB`,
            ...pair(ours!, theirs[i]!),
          };
      }
    },
  },
  {
    name: "http2",
    needs: ["tshark"],
    async *measure(folder) {
      const path = join(folder, "http2.pcap");
      const fields = ["http2.streamid", "http2.headers.method", "http2.headers.path", "http2.headers.status"];
      const ours = [
        "read",
        path,
        "-q",
        "-T",
        "fields",
        "-e",
        "request.method",
        "-e",
        "request.path",
        "-e",
        "response.code",
      ];
      const theirs = ["-n", "-r", path, "-d", "tcp.port==80,http2", "-Y", "http2.headers", "-T", "fields"];
      for (const [kind, streams] of Object.entries(HTTP2_CAPTURES)) {
        await writeHttp2Capture(path, STREAMS, streams);
        yield* compare({
          work: "`read -T fields` of HTTP/2, 200 000 streams",
          peer: "tshark",
          asked: 1 / 10,
          kind,
          ours: [TAPLINE, ours],
          theirs: ["tshark", [...theirs, ...fields.flatMap((field) => ["-e", field])]],
          rounds: 3,
          mostSeconds: 300,
        });
      }
    },
  },
  {
    name: "start",
    needs: ["tshark"],
    async *measure(folder) {
      const path = join(folder, "six.pcap");
      writeExchangeCapture(path, { body: "text", alike: true, requestsPerConnection: 1 }, 1);
      yield* compare({
        work: "`read` of a capture of some six packets",
        peer: "tshark",
        asked: 0.6,
        kind: "one exchange",
        ours: [TAPLINE, ["read", path]],
        theirs: ["tshark", ["-n", "-r", path]],
        rounds: 11,
      });
      const [help, node] = await takeTurns(
        [["--help"], undefined],
        (args) => (args === undefined ? costOf(process.execPath, ["-e", "0"]) : costOf(TAPLINE, args)),
        { rounds: 11 },
      );
      yield {
        work: "`--help`",
        peer: "none",
        asked: 40,
        unit: "ms CPU",
        kind: `Node alone, with nothing to do, ${(median(node!) * 1000).toFixed(0)} ms`,
        values: help!.map((seconds) => seconds * 1000),
        costs: describeCosts(help!, node!),
      };
    },
  },
  {
    name: "redaction",
    needs: [],
    async *measure(folder) {
      const path = join(folder, "secrets.pcap");
      for (const [kind, write] of Object.entries(SECRET_CAPTURES)) {
        write(path);
        const read = ["read", path, "-q", "-o", "ndjson"];
        yield* compare({
          work: "redaction, bodies full of distinct secrets",
          peer: "`--no-redact`",
          asked: 1.5,
          kind,
          ours: [TAPLINE, read],
          theirs: [TAPLINE, [...read, "--no-redact"]],
        });
      }
    },
  },
];
