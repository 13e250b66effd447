/** The simplest proxy that node:http can be: each request is made anew, over kept connections. Arguments: the port to listen on, the port to connect to. */
import { Agent, createServer, request } from "node:http";

const [listen, upstream] = process.argv.slice(2).map(Number) as [number, number];
const agent = new Agent({ keepAlive: true });
createServer((asked, response) => {
  const { method, url: path, headers } = asked;
  const forwarded = request({ agent, port: upstream, host: "127.0.0.1", method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  forwarded.on("error", () => response.destroy());
  asked.pipe(forwarded);
}).listen({ port: listen, host: "127.0.0.1", backlog: 4096 });
