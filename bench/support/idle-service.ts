/** Takes any number of connections, answers each first line with `ok`, and keeps them open. Argument: the port. */
import { createServer } from "node:net";

createServer((socket) => {
  socket.on("data", () => socket.write("ok\n")).on("error", () => {});
}).listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
