/** The simplest proxy that Node can be: `pipe` in both directions. Arguments: the port to listen on, the port to connect to. */
import { connect, createServer } from "node:net";

const [listen, upstream] = process.argv.slice(2).map(Number) as [number, number];
createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const server = connect({ port: upstream, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  client.pipe(server);
  server.pipe(client);
  client.on("error", () => server.destroy());
  server.on("error", () => client.destroy());
}).listen(listen, "127.0.0.1");
