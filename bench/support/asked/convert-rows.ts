import { readdirSync } from "node:fs";
import { join } from "node:path";
import { TAPLINE } from "../http1-readers.ts";
import type { AskedRows } from "./asked-row.ts";
import { usageOf } from "./command-cost.ts";
import { pair } from "./compare.ts";
import { takeTurns } from "./take-turns.ts";
import { writeBufferedTraces } from "./write-traces.ts";

const TRACES = 100_000;
/** Traces that the programs which are started for each one have to do. */
const PEER_TRACES = 500;

/** One od and one text2pcap for each trace. */
const PEER = 'for file do od -Ax -tx1 -v "$file" | text2pcap -q - "$0" || exit 1; done';

export const CONVERT_ROWS: readonly AskedRows[] = [
  {
    name: "folder",
    needs: ["od", "text2pcap"],
    async *measure(folder) {
      const traces = join(folder, "traces");
      writeBufferedTraces(traces, TRACES);
      const some = readdirSync(traces)
        .slice(0, PEER_TRACES)
        .map((name) => join(traces, name));
      const all = ["convert", "--force", traces, join(folder, "all.pcapng")];
      const each = ["-c", PEER, join(folder, "one.pcap"), ...some];
      const usages = await takeTurns(
        [[TAPLINE, all] as const, ["bash", each] as const],
        (command) => usageOf(...command),
        {
          mostSeconds: 400,
        },
      );
      const [ours, some500] = usages.map((rounds) => rounds.map(({ cpuSeconds }) => cpuSeconds));
      const theirs = some500!.map((seconds) => (seconds / PEER_TRACES) * TRACES);
      const peak = usages[0]!.map(({ peakMegabytes }) => peakMegabytes);
      const row = { kind: "traces of two events" };
      yield {
        work: "100 000 traces of a folder to one pcapng",
        peer: `od and text2pcap for each (of ${PEER_TRACES}, scaled)`,
        asked: 1 / 100,
        ...row,
        ...pair(ours!, theirs),
      };
      yield { work: "its memory at most", peer: "none", asked: 200, unit: "MB", values: peak, costs: "", ...row };
    },
  },
];
