import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts } from "../support/processes.ts";
import { runWatched, skipWithoutKernel } from "./support/kernel.ts";

const skip = (await skipWithoutKernel()) || skipUnless("python3");

describe("datagram sockets", { skip }, () => {
  test("questions by all calls: each has its answer, at the end that asked", { timeout: 120_000 }, async () => {
    const [port] = (await findFreePorts(1)) as [number];
    const { exchanges } = await runWatched([], ["python3", "-c", ASKING, String(port)]);
    const asked = exchanges.filter(({ connection }) => connection.remote?.port === port);
    assert.deepEqual(
      asked.map(({ operation, quality, connection }) => `${operation} ${connection.role} ${quality}`),
      Array.from({ length: 7 }, () => "A example.org client complete"),
    );
  });
});

const ASKING = `
import os, socket, struct, sys, threading
address = ("127.0.0.1", int(sys.argv[1]))
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(address)
def answer():
    while True:
        data, client = server.recvfrom(512)
        server.sendto(data[:2] + b"\\x81\\x83" + data[4:], client)
threading.Thread(target=answer, daemon=True).start()
question = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\\x07example\\x03org\\x00" + struct.pack(">HH", 1, 1)
def connected(family=socket.AF_INET, ends=(address,)):
    one = socket.socket(family, socket.SOCK_DGRAM)
    for end in ends: one.connect(end)
    return one
one = connected(); one.send(question); one.recv(512)
one = connected(); os.write(one.fileno(), question); os.read(one.fileno(), 512)
one = connected(); one.sendmsg([question]); one.recvmsg(512)
one = connected(ends=(("127.0.0.2", 9), address)); one.send(question); one.recvmsg(512)
one = connected(socket.AF_INET6, (("::ffff:127.0.0.1", address[1]),)); one.send(question); one.recvmsg(512)
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.sendto(question, address); one.recvfrom(512)
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.sendmsg([question], [], 0, address); one.recvmsg(512)
`;
