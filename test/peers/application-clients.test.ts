/** Applications inside HTTP, as the clients send them that people use: the MCP SDK with its server, OpenAI's, Anthropic's, gql with graphql-core. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { skipUnless } from "../support/needs.ts";
import { startProgram } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { recordLoopback } from "../support/record-loopback.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const PEER = join(import.meta.dirname, "application-clients");
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers/application-clients-1");
const PYTHON = join(CACHE, "bin/python");
const BIN = join(import.meta.dirname, "../../bin/tapline");

const FIELDS = [
  "applications",
  "jsonrpc.method",
  "mcp.tool",
  "graphql.operation",
  "graphql.name",
  "llm.api",
  "llm.model",
  "llm.input_tokens",
  "llm.output_tokens",
  "application.error",
];

describe("applications inside HTTP", { skip: skipUnless("python3", "tcpdump"), timeout: 900_000 }, () => {
  before(async () => {
    if (existsSync(join(CACHE, "complete"))) return;
    const build = `python3 -m venv ${CACHE} && ${PYTHON} -m pip -q install -r ${PEER}/requirements.txt && touch ${CACHE}/complete`;
    const { code, stderr } = await runProgram("sh", ["-c", build], { timeoutMillis: 600_000 });
    assert.equal(code, 0, stderr);
  });

  test("are recognised as their own clients send them, with what they are asked", async (context) => {
    const folder = makeTemporaryFolder();
    context.after(() => folder.remove());
    const server = startProgram(PYTHON, [join(PEER, "serve.py")]);
    context.after(() => server.stop("SIGKILL"));
    await until(
      () => server.output().includes("}"),
      () => server.output(),
    );
    const { http, mcp } = JSON.parse(server.output().split("\n")[0]!) as { http: number; mcp: number };
    const capture = await recordLoopback(folder.path, `tcp port ${http} or tcp port ${mcp}`, async () => {
      const { code, stderr } = await runProgram(PYTHON, [join(PEER, "ask.py"), `${http}`, `${mcp}`], {
        timeoutMillis: 240_000,
      });
      assert.equal(code, 0, stderr);
    });
    const args = [
      "read",
      "-q",
      "-Y",
      "request.method == 'POST'",
      "-T",
      "fields",
      ...FIELDS.flatMap((name) => ["-e", name]),
    ];
    const { stdout } = await runProgram(BIN, [...args, capture], { timeoutMillis: 120_000 });
    assert.deepEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t").filter(Boolean).join(" ")),
      [
        "llm openai gpt-4o-1 5 1",
        "sse,llm openai gpt-4o 7 2",
        "llm openai text-embedding-3-small 3",
        "llm anthropic claude-3 11 3",
        "llm anthropic gone not_found_error",
        "graphql query Hero",
        "graphql query errors",
        "sse,jsonrpc,mcp initialize",
        "jsonrpc,mcp notifications/initialized",
        "sse,jsonrpc,mcp tools/list",
        "sse,jsonrpc,mcp tools/call weather",
        "sse,jsonrpc,mcp tools/call weather tool-error",
      ],
    );
  });
});
