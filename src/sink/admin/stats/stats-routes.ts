import type { ServerResponse } from "node:http";
import { compileRegularExpression } from "../../../analysis/filter/regular-expression.ts";
import type { Statistic } from "../../../model/index.ts";
import { type AdminRoute, sendText, splitTarget } from "../admin-server.ts";
import { formatAsJson, formatAsPrometheus, formatAsText } from "./format-statistics.ts";

/** The content of `/stats`: of one process, or of several added up. */
export interface StatisticsSnapshot {
  readonly statistics: readonly Statistic[];
  /** The ledger's books, for people: a line each. */
  readonly ledger: readonly string[];
}

/**
 * `GET /stats` and `GET /stats/prometheus`, with Envoy's parameters: `format` (`text`, the default, `json` or `prometheus`),
 * `filter` (a regular expression that is found in the dotted name) and `usedonly` (only those that are not 0). Text without
 * a filter ends with the ledger's books as comments.
 */
export function createStatsRoutes(snapshot: () => Promise<StatisticsSnapshot>): AdminRoute[] {
  const route = (path: string, help: string, format: string | undefined): AdminRoute => ({
    path,
    method: "GET",
    help,
    handle: async (request, response) => answer(response, splitTarget(request).query, format, snapshot),
  });
  return [
    route(
      "/stats",
      "print the counters, and what became of the bytes: ?filter=REGEX&usedonly&format=FORMAT",
      undefined,
    ),
    route("/stats/prometheus", "print the counters in Prometheus's format", "prometheus"),
  ];
}

async function answer(
  response: ServerResponse,
  query: URLSearchParams,
  fixedFormat: string | undefined,
  snapshot: () => Promise<StatisticsSnapshot>,
): Promise<void> {
  const format = fixedFormat ?? query.get("format") ?? "text";
  if (!FORMATS.includes(format)) {
    sendText(response, 400, `usage: /stats?format=(${FORMATS.join("|")})\n\n`);
    return;
  }
  let isWanted: (name: string) => boolean;
  try {
    isWanted = compileNameFilter(query.get("filter"));
  } catch (error) {
    sendText(response, 400, `Invalid re2 regex: ${(error as Error).message.replace(/^error parsing regexp: /, "")}`);
    return;
  }
  const { statistics, ledger } = await snapshot();
  const wanted = statistics.filter(({ name, value }) => isWanted(name) && (value !== 0 || !query.has("usedonly")));
  if (format === "json") response.setHeader("content-type", "application/json");
  if (format === "prometheus") response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
  const comments = query.has("filter") ? "" : ledger.map((line) => `# ${line}\n`).join("");
  if (format === "text") sendText(response, 200, formatAsText(wanted) + comments);
  else sendText(response, 200, format === "json" ? formatAsJson(wanted) : formatAsPrometheus(wanted));
}

const FORMATS = ["json", "prometheus", "text"];

function compileNameFilter(pattern: string | null): (name: string) => boolean {
  if (pattern === null || pattern === "") return () => true;
  const expression = compileRegularExpression(pattern);
  return (name) => expression.found(name);
}
