import type { Sink, SocketEvent } from "../../model/index.ts";
import type { ZonedTime } from "../../wire/text/zoned-time.ts";
import { documentWriter } from "./exchange-output.ts";
import { type GatheredOutput, gatherInto } from "./gathered-output.ts";
import { eventDocument, formatEvent } from "./list/event-line.ts";
import { ListClock } from "./list/list-clock.ts";
import { type FollowerOptions, StreamFollower } from "./stream-follower.ts";
import type { Style } from "./style.ts";

export interface EventOptions {
  readonly style: Style;
  /** In whose zone lines for people are. */
  readonly clock: ZonedTime;
  readonly isTerminal?: boolean | undefined;
}

/** `--events`: one line a socket event, for people or as NDJSON. */
export function createEventSink(
  format: "table" | "ndjson",
  out: GatheredOutput,
  { style, clock, isTerminal = false }: EventOptions,
): Sink<SocketEvent> {
  const write = documentWriter(out, isTerminal);
  const times = new ListClock(clock);
  return gatherInto(out, {
    write: (event) =>
      format === "ndjson"
        ? write(`${JSON.stringify(eventDocument(event))}\n`)
        : out.write(`${formatEvent(event, style, times)}\n`),
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
