/**
 * Opens connections, says a line on each, waits for the answer, and keeps them open until told to end. Arguments: the port, how
 * many. Writes `open` when all are there; ends when stdin does.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const BATCH = 200;
const sockets: Socket[] = [];
while (sockets.length < count) {
  const batch = Array.from({ length: Math.min(BATCH, count - sockets.length) }, () => connect(port, "127.0.0.1"));
  await Promise.all(
    batch.map(async (socket) => {
      socket.write("hello\n");
      await once(socket, "data");
    }),
  );
  sockets.push(...batch);
}
console.log("open");
process.stdin.resume();
await once(process.stdin, "end");
for (const socket of sockets) socket.end();
