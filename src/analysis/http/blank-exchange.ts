import { type Connection, type HttpExchange, NO_APPLICATION } from "../../model/index.ts";

/** An exchange of which nothing has come yet. */
export function blankHttpExchange(connection: Connection): HttpExchange {
  return {
    kind: "http",
    id: 0,
    connection,
    protocol: "",
    streamId: 0,
    index: 0,
    application: NO_APPLICATION,
    times: {},
    quality: "unfinished",
    problems: [],
  };
}
