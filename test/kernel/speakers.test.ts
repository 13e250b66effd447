import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { type SeenExchange, skipWithoutKernel, watch } from "./support/kernel.ts";

/** Python with grpcio and websockets, as scripts/setup-tests installs them. */
const PYTHON = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/speakers-py/bin/python");

const skip =
  (await skipWithoutKernel()) ||
  (existsSync(PYTHON) ? false : "missing: grpcio and websockets for Python (scripts/setup-tests installs them)");

interface Spoken extends SeenExchange {
  readonly application?: string;
  readonly grpc?: { readonly status?: number };
  readonly messages?: readonly { readonly from: string; readonly size: number }[];
}

describe("gRPC and WebSocket of other programs", { skip }, () => {
  test("gRPC (grpcio): all four kinds and an error, as the client logged them, at both ends", async (context) => {
    const [port] = (await findFreePorts(1)) as [number];
    const server = startProgram(PYTHON, ["-c", GRPC_SERVER, String(port)]);
    context.after(() => server.stop());
    await waitForPort(port);
    // The client is a process that this one starts.
    const seen = await watch([
      ...["--pid", String(server.child.pid)],
      ...["--pid", String(process.pid)],
      ...["--limit", "bodyBytes=2M"],
    ]);
    const log = JSON.parse(execFileSync(PYTHON, ["-c", GRPC_CLIENT, String(port)], { encoding: "utf8" })) as string[];
    await seen.until(2 * log.length);
    assert.equal(await seen.stop(), 0);
    for (const role of ["client", "server"])
      assert.deepEqual(
        (seen.exchanges as Spoken[])
          .filter(({ connection }) => connection.role === role)
          .map(
            ({ operation, grpc, messages, quality }) =>
              `${operation} ${grpc?.status} ${count(messages, "client")} ${count(messages, "server")} ${quality}`,
          )
          .sort(),
        [...log].sort(),
        role,
      );
  });

  test("WebSocket (websockets): every message, also a large one", async (context) => {
    const [port] = (await findFreePorts(1)) as [number];
    const server = startProgram(PYTHON, ["-c", WEBSOCKET_SERVER, String(port)]);
    context.after(() => server.stop());
    await waitForPort(port);
    const seen = await watch(["--pid", String(server.child.pid), "--limit", "bodyBytes=2M"]);
    const sizes = JSON.parse(
      execFileSync(PYTHON, ["-c", WEBSOCKET_CLIENT, String(port)], { encoding: "utf8" }),
    ) as number[];
    await seen.until(1);
    assert.equal(await seen.stop(), 0);
    const [exchange] = seen.exchanges as Spoken[];
    assert.deepEqual([exchange?.application, exchange?.operation], ["websocket", "GET /chat"]);
    for (const from of ["client", "server"])
      assert.deepEqual(
        exchange?.messages
          ?.filter((one) => one.from === from)
          .map(({ size }) => size)
          .slice(0, sizes.length),
        sizes,
        from,
      );
  });
});

function count(messages: Spoken["messages"], from: string): number {
  return messages?.filter((one) => one.from === from).length ?? 0;
}

const GRPC_SERVER = `
import sys, grpc, concurrent.futures as futures
class Any(grpc.GenericRpcHandler):
    def service(self, details):
        method = details.method.rsplit("/", 1)[1]
        if method == "Unary": return grpc.unary_unary_rpc_method_handler(lambda request, context: request * 2)
        if method == "Up": return grpc.stream_unary_rpc_method_handler(lambda requests, context: str(sum(len(one) for one in requests)).encode())
        if method == "Down": return grpc.unary_stream_rpc_method_handler(lambda request, context: iter([request] * 4))
        if method == "Both": return grpc.stream_stream_rpc_method_handler(lambda requests, context: (one for one in requests))
        if method == "Refused": return grpc.unary_unary_rpc_method_handler(lambda request, context: context.abort(grpc.StatusCode.PERMISSION_DENIED, "no"))
server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((Any(),))
server.add_insecure_port("127.0.0.1:" + sys.argv[1])
server.start()
server.wait_for_termination()
`;

const GRPC_CLIENT = `
import sys, json, grpc
log = []
with grpc.insecure_channel("127.0.0.1:" + sys.argv[1]) as channel:
    for size in (3, 100000):
        reply = channel.unary_unary("/shop.Cart/Unary")(b"x" * size)
        assert len(reply) == 2 * size
        log.append("shop.Cart/Unary 0 1 1 complete")
    assert channel.stream_unary("/shop.Cart/Up")(iter([b"a" * 10] * 5)) == b"50"
    log.append("shop.Cart/Up 0 5 1 complete")
    assert len(list(channel.unary_stream("/shop.Cart/Down")(b"d"))) == 4
    log.append("shop.Cart/Down 0 1 4 complete")
    assert len(list(channel.stream_stream("/shop.Cart/Both")(iter([b"b"] * 3)))) == 3
    log.append("shop.Cart/Both 0 3 3 complete")
    try:
        channel.unary_unary("/shop.Cart/Refused")(b"r")
    except grpc.RpcError as error:
        log.append(f"shop.Cart/Refused {error.code().value[0]} 1 0 complete")
print(json.dumps(log))
`;

const WEBSOCKET_SERVER = `
import sys
from websockets.sync.server import serve
def echo(socket):
    for message in socket: socket.send(message)
with serve(echo, "127.0.0.1", int(sys.argv[1]), compression=None) as server: server.serve_forever()
`;

const WEBSOCKET_CLIENT = `
import sys, json
from websockets.sync.client import connect
sizes = [1, 125, 126, 65535, 65536, 300000, 5]
with connect("ws://127.0.0.1:" + sys.argv[1] + "/chat", compression=None) as socket:
    for size in sizes:
        socket.send("m" * size)
        assert len(socket.recv()) == size
print(json.dumps(sizes))
`;
