import type { Sink, SocketEvent } from "../../model/index.ts";
import { documentWriter } from "./exchange-output.ts";
import { type GatheredOutput, gatherInto } from "./gathered-output.ts";
import { eventDocument, formatEvent } from "./list/event-line.ts";
import { type FollowerOptions, StreamFollower } from "./stream-follower.ts";
import type { Style } from "./style.ts";

/** `--events`: one line a socket event, for people or as NDJSON. */
export function createEventSink(
  format: "table" | "ndjson",
  out: GatheredOutput,
  style: Style,
  isTerminal = false,
): Sink<SocketEvent> {
  const write = documentWriter(out, isTerminal);
  return gatherInto(out, {
    write: (event) =>
      format === "ndjson"
        ? write(`${JSON.stringify(eventDocument(event))}\n`)
        : out.write(`${formatEvent(event, style)}\n`),
  });
}

/**
 * `-z`: one connection's bytes.
 * @param onBlind called once, when it shows that they cannot be redacted: nothing of them is shown then
 */
export function createFollowSink(
  out: GatheredOutput,
  options: Omit<FollowerOptions, "write">,
  onBlind: () => void,
): Sink<SocketEvent> {
  const follower = new StreamFollower({ ...options, write: out.write });
  let isBlind = false;
  const look = (): void => {
    if (isBlind || !follower.blind) return;
    isBlind = true;
    onBlind();
  };
  return gatherInto(out, {
    write: (event) => {
      follower.observe(event);
      look();
    },
    end: () => {
      follower.end();
      look();
    },
  });
}
