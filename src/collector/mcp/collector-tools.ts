import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { formatError, TaplineError, VERSION } from "../../model/index.ts";
import { askCollector, type CollectorAddress } from "../../source/collector-api/ask-collector.ts";

/** Characters of an answer: more would crowd out everything else that an assistant has to keep in mind. */
const MAX_ANSWER = 100_000;

const from = z.string().optional().describe("event times from here on: 15m, 2h, 7d ago, or RFC 3339");
const to = z.string().optional().describe("event times before this");
const filter = z
  .string()
  .optional()
  .describe(
    "CEL or a short form: `5xx`, `error`, `GET /cart*`, `service.name == 'shop' && duration > duration('1s')`, `request.headers['x-user'] == 'a'`",
  );

interface Tool {
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** Path below `/api/v1`; `{id}` is taken from the arguments, the rest of them is the query. */
  readonly path: string;
}

const TOOLS: Readonly<Record<string, Tool>> = {
  find_exchanges: {
    title: "Find requests",
    description: "Requests that match, one line each: time, service, method, path, status, duration in ns, outcome.",
    input: z.object({
      filter,
      from,
      to,
      order: z.enum(["newest", "oldest", "slowest", "largest"]).optional(),
      limit: z.number().int().min(1).max(200).default(50),
      cursor: z.string().optional().describe("goes on where an answer ended"),
    }),
    path: "exchanges",
  },
  get_exchange: {
    title: "One request",
    description:
      "Everything about one request: headers, bodies, times, connection, other applications inside, problems.",
    input: z.object({ id: z.number().int().describe("as find_exchanges gives it") }),
    path: "exchanges/{id}",
  },
  get_trace: {
    title: "One trace",
    description: "All hops of one request, by its trace.",
    input: z.object({ id: z.string().describe("traceId of an exchange") }),
    path: "traces/{id}",
  },
  sum_services: {
    title: "Services and routes",
    description:
      "By service, method and route: counts (ok, redirect, client-error, error, none), bytes, p50, p90 and p99 in ns.",
    input: z.object({ from, to }),
    path: "services",
  },
  count_over_time: {
    title: "Requests over time",
    description: "Counts by time and outcome (ok, redirect, client-error, error, none).",
    input: z.object({ filter, from, to, buckets: z.number().int().min(1).max(200).default(60) }),
    path: "series",
  },
  top_values: {
    title: "Most frequent values",
    description: "The most frequent values of attributes among what matches.",
    input: z.object({
      attributes: z.string().describe("names with commas: service.name,route,response.code,outcome"),
      filter,
      from,
      to,
      limit: z.number().int().min(1).max(100).default(12),
    }),
    path: "facets",
  },
  find_flows: {
    title: "Flows",
    description: "Drops, verdicts and operations of the kernel, the newest first.",
    input: z.object({ from, to, limit: z.number().int().min(1).max(500).default(100) }),
    path: "flows",
  },
  list_attributes: {
    title: "Names of the filter language",
    description: "All attributes that a filter can name, with their types; those that are indexed are quick.",
    input: z.object({}),
    path: "attributes",
  },
  list_sources: {
    title: "Sources and losses",
    description: "Who sends, how much, and what was lost of it.",
    input: z.object({}),
    path: "sources",
  },
  read_ledger: {
    title: "The ledger",
    description: "Everything that entered the collector, and what became of it, by reason.",
    input: z.object({}),
    path: "ledger",
  },
};

/** A server of the Model Context Protocol that asks a collector: all tools only read, and what they read is redacted. */
export function createCollectorTools(address: CollectorAddress): McpServer {
  const server = new McpServer(
    { name: "tapline", version: VERSION },
    { instructions: "Looks at network traffic that Tapline has kept. Begin with sum_services or find_exchanges." },
  );
  for (const [name, { title, description, input, path }] of Object.entries(TOOLS))
    server.registerTool(
      name,
      {
        title,
        description,
        inputSchema: input,
        annotations: { title, readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      },
      async (given) => answer(address, path, given as Record<string, string | number | undefined>),
    );
  return server;
}

async function answer(address: CollectorAddress, path: string, given: Record<string, string | number | undefined>) {
  const { id, ...query } = given;
  try {
    const response = await askCollector(address, path.replace("{id}", encodeURIComponent(String(id))), query);
    return { content: [{ type: "text" as const, text: bound(await response.text()) }] };
  } catch (error) {
    const hint = error instanceof TaplineError && error.hint !== undefined ? ` (${error.hint})` : "";
    return { content: [{ type: "text" as const, text: `${formatError(error)}${hint}` }], isError: true };
  }
}

function bound(text: string): string {
  if (text.length <= MAX_ANSWER) return text;
  return `${text.slice(0, MAX_ANSWER)}\n… ${text.length - MAX_ANSWER} of ${text.length} characters are left out: ask for less`;
}
