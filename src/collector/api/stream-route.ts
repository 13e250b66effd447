import { z } from "zod";
import { compileFilter } from "../../analysis/filter/index.ts";
import type { ListItem } from "../store/record/list-item.ts";
import type { Api, ApiOptions } from "./api-context.ts";
import { filter } from "./schemas.ts";

/** Between two messages, in milliseconds: what comes meanwhile is told at once. */
const PERIOD_MILLIS = 200;
/** Lines of one message; more are only counted. */
const MAX_LINES = 1000;
/** Bytes that may wait for a reader who is slow: what comes then is counted. */
const MAX_WAITING_BYTES = 1024 * 1024;
const KEEP_ALIVE_MILLIS = 15_000;

/** `GET /api/v1/stream`: Server-Sent Events of what comes. A reader that has gone costs nothing. */
export function defineStream(api: Api, { feed, ledger }: ApiOptions): void {
  api.get(
    "/api/v1/stream",
    {
      schema: {
        summary: "Exchanges as they come (Server-Sent Events): {items, missed, lost}",
        querystring: z.object({ filter }),
      },
    },
    (request, reply) => {
      const { filter: text } = request.query;
      const compiled = text === undefined || text.trim() === "" ? undefined : compileFilter(text);
      const out = reply.raw;
      reply.hijack();
      out.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), "content-type": "text/event-stream" });
      out.write(": hello\n\n");
      let waiting: ListItem[] = [];
      let missed = 0;
      let quietMillis = 0;
      const end = feed.subscribe({
        filter: compiled,
        take(items, more) {
          missed += more;
          const room = out.writableLength > MAX_WAITING_BYTES ? 0 : MAX_LINES - waiting.length;
          waiting.push(...items.slice(0, room));
          missed += Math.max(0, items.length - room);
        },
      });
      const timer = setInterval(() => {
        quietMillis += PERIOD_MILLIS;
        if (waiting.length === 0 && missed === 0 && quietMillis < KEEP_ALIVE_MILLIS) return;
        quietMillis = 0;
        out.write(`data: ${JSON.stringify({ items: waiting, missed, lost: lostOf(ledger) })}\n\n`);
        waiting = [];
        missed = 0;
      }, PERIOD_MILLIS);
      out.on("close", () => {
        clearInterval(timer);
        end();
      });
    },
  );
}

/** How much was dropped, by all books. */
export function lostOf({ books }: ApiOptions["ledger"]): number {
  let lost = 0;
  for (const book of books) lost += book.dropped;
  return lost;
}
