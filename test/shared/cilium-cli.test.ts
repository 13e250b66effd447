import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CILIUM, fromHex, readVectors } from "../support/cilium-vectors.ts";

interface CliVector {
  /** Streams that the agent sends, one a connection. */
  readonly stream: string;
  readonly args: readonly string[];
  readonly rc: string | number;
  readonly stdout: string;
  readonly stderr: string;
}

const PROGRAM = join(import.meta.dirname, "../../bin/tapline");

test("the command does what Cilium's does, with an agent that sends recorded sessions", {
  skip: CILIUM.skip,
}, async () => {
  const streams = new Map(
    readVectors<{ id: string; hex: string }>("streams-v1.9.jsonl").map(({ id, hex }) => [id, fromHex(hex)]),
  );
  const vectors = readVectors<CliVector>("cli-v1.9.jsonl");
  for (const vector of vectors) {
    const sent = vector.stream.split(",").flatMap((id) => streams.get(id) ?? []);
    // Not every recorded session need be among the data.
    if (sent.length < vector.stream.split(",").length) continue;
    const { stdout, stderr, code } = await run(sent, vector.args);
    const where = `${vector.stream} ${vector.args.join(" ")}`;
    assert.equal(stdout, vector.stdout, where);
    if (vector.stderr.startsWith("panic:")) assert.match(stderr, /panic: runtime error/, where);
    else assert.equal(withoutTimes(stderr), withoutTimes(vector.stderr), where);
    if (typeof vector.rc === "number" && vector.rc !== 2) assert.equal(code, vector.rc, where);
  }
});

/** Runs the command until the agent has sent everything and the end was seen, or it ends by itself. */
async function run(
  streams: readonly Uint8Array[],
  args: readonly string[],
): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-"));
  const path = join(folder, "monitor.sock");
  const agent = await startAgent(path, streams);
  const child = spawn(PROGRAM, ["monitor", "--compat", "--monitor-socket", path, "--retry", "0.1", ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (stderr.split("connection closed").length > streams.length) child.kill("SIGKILL");
  });
  const deadline = setTimeout(() => child.kill("SIGKILL"), 120_000);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(deadline);
  agent.close();
  rmSync(folder, { recursive: true });
  return { stdout, stderr, code };
}

function startAgent(path: string, streams: readonly Uint8Array[]): Promise<Server> {
  let next = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    const stream = streams[next++];
    // After the last one it stays silent, as an agent without events.
    if (stream !== undefined) socket.end(stream);
  });
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}

function withoutTimes(text: string): string {
  return text.replace(/time="[^"]*"/g, "time=T");
}
