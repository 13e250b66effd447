import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { timerMillis } from "../../../../model/index.ts";
import type { ChannelDuplex } from "../channel-duplex.ts";
import { mutateHeaders } from "../headers/edit-headers.ts";
import { finishHeaders } from "../headers/finish-headers.ts";
import { describeAnswer, type LocalAnswer } from "../local-answer.ts";
import type { HttpSession } from "./http-session.ts";

/** How long a client that was answered so may take to close as well, as Envoy's `delayed_close_timeout`. */
const CLOSE_MILLIS = 1000;

/** Answers what could not be read, where Node has no response to write with, and ends the connection. */
export function answerUnread(socket: Duplex, session: HttpSession, answer: LocalAnswer): void {
  if (!socket.writable) return;
  const { headerMutations, settings } = session.router.manager;
  const { status, headers, body } = describeAnswer(answer, [], "");
  // Filters have it too; nothing of a request is known.
  mutateHeaders(headers, "responseHeaders", headerMutations, [], () => ({
    connection: session.tapped.connection,
    client: undefined,
    protocol: "HTTP/1.1",
    cluster: undefined,
    pseudo: [],
    request: [],
    response: headers,
  }));
  finishHeaders(headers, settings);
  headers.push(["connection", "close"]);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.resume();
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${body.toString("latin1")}`, "latin1");
  const timer = setTimeout(() => socket.destroy(), CLOSE_MILLIS);
  socket.on("close", () => clearTimeout(timer));
}

/**
 * Ends a connection whose request head is not whole `request_headers_timeout` after its first byte. What was pipelined behind a whole
 * request counts from the next bytes on.
 *
 * @returns called when a head is whole
 */
export function limitHeaders(stream: ChannelDuplex, session: HttpSession, isIdle: () => boolean): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  // Before Node's parser.
  stream.prependListener("data", () => {
    if (timer === undefined && isIdle())
      timer = setTimeout(
        () => answerUnread(stream, session, { status: 408, text: "request header timeout", isUnread: true }),
        timerMillis(session.settings.requestHeadersMillis),
      );
  });
  stream.on("close", stop);
  return stop;
}
