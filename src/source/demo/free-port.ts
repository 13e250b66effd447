import { createServer } from "node:net";
import type { IpEndpoint } from "../../model/index.ts";

/** `wanted`, or the same address with a free port that the system chooses when that one is taken. */
export async function findFreePort(wanted: IpEndpoint): Promise<IpEndpoint> {
  for (const port of [wanted.port, 0]) {
    const free = await tryPort(wanted.address, port);
    if (free !== undefined) return { ...wanted, port: free };
  }
  return wanted;
}

function tryPort(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}
