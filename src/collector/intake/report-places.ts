import { clientOf, type Exchange, formatEndpoint, RecentMap, serverOf, type Timestamp } from "../../model/index.ts";

/** The reporter's name in `connection.source` begins with it. */
export const REPORTED = "trace-exporter";

/** Reports that are remembered, to recognise one of the same request; those that came first are let go of. */
const MAX_REPORTS = 65_536;

/**
 * Tells apart the places that reports come from. Those of one exporter on different connections are different places: those of sidecars on
 * both sides of a request. On one connection requests follow each other; two reports with the same identifier that overlap in time are of
 * one request, seen by two.
 */
export class ReportPlaces {
  readonly #last = new RecentMap<string, Seen>(MAX_REPORTS);

  /** A name for where it was seen; empty for what was not reported. @param requestId `x-request-id` or a trace */
  placeOf(exchange: Exchange, requestId: string | undefined): string {
    const { connection } = exchange;
    if (connection.source?.startsWith(REPORTED) !== true) return "";
    const [client, server] = [clientOf(connection), serverOf(connection)];
    const ends = `${client === undefined ? "" : formatEndpoint(client)} ${server === undefined ? "" : formatEndpoint(server)}`;
    return requestId === undefined ? ends : `${ends} ${this.#occurrence(`${ends} ${requestId}`, exchange)}`;
  }

  #occurrence(key: string, { times: { requestStart, responseEnd } }: Exchange): number {
    if (requestStart === undefined) return 0;
    const from = microsOf(requestStart);
    const seen = { from, to: responseEnd === undefined ? from : microsOf(responseEnd), occurrence: 0 };
    const last = this.#last.get(key);
    if (last !== undefined && last.from <= seen.to && seen.from <= last.to) seen.occurrence = last.occurrence + 1;
    this.#last.set(key, seen);
    return seen.occurrence;
  }
}

interface Seen {
  readonly from: number;
  readonly to: number;
  occurrence: number;
}

function microsOf({ seconds, nanos }: Timestamp): number {
  return seconds * 1e6 + nanos / 1e3;
}
