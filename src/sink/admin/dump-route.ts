import { type AdminRoute, sendText } from "./admin-server.ts";

/** Writes what is kept. Gives what is answered; where nothing was written, it has a `problem`. */
export type DumpKept = (why: string) => Promise<object>;

/** `POST /dump`: writes what the flight recorder keeps, and answers when it is written; with status 500 where that failed. */
export function createDumpRoute(dump: DumpKept): AdminRoute {
  return {
    path: "/dump",
    method: "POST",
    help: "write the exchanges that --keep-last keeps to a file",
    handle: async (_request, response) => {
      const result = await dump("POST /dump");
      response.setHeader("content-type", "application/json");
      sendText(response, "problem" in result ? 500 : 200, `${JSON.stringify(result, undefined, 1)}\n`);
    },
  };
}
