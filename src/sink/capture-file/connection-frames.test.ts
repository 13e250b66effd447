import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipUnless } from "../../../test/support/needs.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import type { Connection, Role } from "../../model/index.ts";
import { PcapngWriter } from "../../wire/pcap/index.ts";
import { ConnectionFrames } from "./connection-frames.ts";

const at = (seconds: number) => ({ seconds: 1_700_000_000 + seconds, nanos: 0 });

/** Exchanges as [begin, end] in seconds, each a connection of its own between the same two ends, written one after the other. */
function write(times: readonly (readonly [number, number])[], role: Role, handshake = true): Uint8Array {
  const writer = new PcapngWriter({ application: "test" });
  writer.addInterface({ name: "made" });
  const frames = new ConnectionFrames(writer, { handshake });
  const server = { kind: "ip", address: "10.0.0.2", port: 80 } as const;
  const client = { kind: "ip", address: "10.0.0.1", port: 4000 } as const;
  times.forEach(([begin, end], index) => {
    const [local, remote] = role === "server" ? [server, client] : [client, server];
    const connection: Connection = { id: BigInt(index), transport: "tcp", role, local, remote };
    const [asks, answers] = role === "server" ? (["read", "write"] as const) : (["write", "read"] as const);
    const say = (time: number, direction: "read" | "write", text: string) =>
      frames.observe({
        kind: "data",
        connection,
        time: at(time),
        direction,
        data: Buffer.from(text),
        borrowed: false,
      } as never);
    say(begin, asks, `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`);
    say(end, answers, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    frames.observe({ kind: "close", connection, time: at(end), how: "fin" } as never);
  });
  return writer.take();
}

/** Requests with their connection's client port and the code of their response, as tshark reads the file in the order of time. */
function readByTshark(file: Uint8Array): string[] {
  const folder = makeTemporaryFolder();
  try {
    const [path, sorted] = [join(folder.path, "a.pcapng"), join(folder.path, "b.pcapng")];
    writeFileSync(path, file);
    execFileSync("reordercap", [path, sorted], { stdio: "ignore" });
    const fields = ["-T", "fields", "-e", "http.request.uri", "-e", "tcp.srcport", "-e", "http.response_in"];
    const output = execFileSync("tshark", ["-2", "-r", sorted, "-Y", "http.request", ...fields], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return output
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([uri, port, answered]) => `${uri} ${port} ${answered === "" ? "no response" : "answered"}`);
  } finally {
    folder.remove();
  }
}

for (const role of ["server", "client"] as const) describeRole(role);

function describeRole(role: Role): void {
  test(`connections of the same ends, one after the other, are told apart: ${role}`, {
    skip: skipUnless("tshark"),
  }, () => {
    const times = Array.from({ length: 20 }, (_, index) => [2 * index, 2 * index + 1] as const);
    assert.deepEqual(
      readByTshark(write(times, role)),
      times.map((_, index) => `/${index} 4000 answered`),
    );
  });

  test(`those that overlap have client ports of their own, and say the true one: ${role}`, {
    skip: skipUnless("tshark"),
  }, () => {
    const file = write(
      [
        [0, 10],
        [2, 4],
        [3, 5],
        [11, 12],
      ],
      role,
    );
    assert.deepEqual(readByTshark(file), [
      "/0 4000 answered",
      "/1 49152 answered",
      "/2 49153 answered",
      "/3 4000 answered",
    ]);
    assert.equal(
      Buffer.from(file)
        .toString("latin1")
        .match(/client 10\.0\.0\.1:4000/g)?.length,
      2,
    );
  });
}

test("without a handshake, frames are those of tap2pcap: the same ends go on from 0", () => {
  const [one, two] = [
    write([[0, 1]], "server", false),
    write(
      [
        [0, 1],
        [2, 3],
      ],
      "server",
      false,
    ),
  ];
  // The second repeats the first, but for its target and its times.
  assert.equal(two.length - one.length, one.length - headerLength());
});

function headerLength(): number {
  return write([], "server", false).length;
}
