import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startAdminServer } from "../../../../test/support/admin-client.ts";
import { Ledger, MemoryBudget } from "../../../model/index.ts";
import { Counters } from "../../../source/proxy/counters.ts";
import {
  nameClusterStatistic,
  nameFilterStatistic,
  nameListenerStatistic,
  nameOwnStatistic,
  nameTransportTapStatistic,
} from "../../../source/proxy/statistic-names.ts";
import { collectLedgerStatistics, collectMemoryStatistics } from "./process-statistics.ts";
import { createStatsRoutes } from "./stats-routes.ts";

const counters = new Counters();
const address = { kind: "ip", address: "::1", port: 80 } as const;
const HTTP = { kind: "http-connection-manager", statPrefix: "front.http" } as const;
for (const [name, value] of [
  [nameClusterStatistic('back "a"', "upstream_cx_total"), 2],
  [nameClusterStatistic("other", "upstream_cx_total"), 1],
  [nameClusterStatistic("other", "upstream_cx_active"), 1],
  [nameListenerStatistic(address, "downstream_cx_total"), 3],
  [nameFilterStatistic({ kind: "tcp-proxy", statPrefix: "tcp" }, "idle_timeout"), 0],
  [nameFilterStatistic(HTTP, "tap.rq_tapped"), 4],
  [nameTransportTapStatistic("", "streamed_submit"), 0],
  [nameTransportTapStatistic("lds", "buffered_submit"), 5],
  [nameOwnStatistic("tap.observer_faults"), 0],
] as const)
  counters.counter(name).value = value;
const ledger = new Ledger();
const book = ledger.book("tap-bytes");
book.enter(10);
book.settleHandled(6);
book.settleDropped("memory-budget", 3);
const budget = new MemoryBudget(100);
budget.tryReserve(7);
budget.release(2);
budget.tryReserve(1000);

const TEXT = `cluster.back "a".upstream_cx_total: 2
cluster.other.upstream_cx_active: 1
cluster.other.upstream_cx_total: 1
http.front.http.tap.rq_tapped: 4
listener.[__1]_80.downstream_cx_total: 3
tap.observer_faults: 0
tapline.ledger.tap-bytes.buffered: 1
tapline.ledger.tap-bytes.dropped.memory-budget: 3
tapline.ledger.tap-bytes.entered: 10
tapline.ledger.tap-bytes.handled: 6
tapline.memory.budget_bytes: 100
tapline.memory.peak_bytes: 7
tapline.memory.refusals: 1
tapline.memory.used_bytes: 5
tcp.tcp.idle_timeout: 0
transport.tap.lds.buffered_submit: 5
transport.tap.streamed_submit: 0
# tap-bytes: 10 in = 6 handled + 3 dropped (memory-budget 3) + 1 buffered
`;

const PROMETHEUS = `# TYPE envoy_cluster_upstream_cx_total counter
envoy_cluster_upstream_cx_total{envoy_cluster_name="back \\"a\\""} 2
envoy_cluster_upstream_cx_total{envoy_cluster_name="other"} 1
# TYPE envoy_cluster_upstream_cx_active gauge
envoy_cluster_upstream_cx_active{envoy_cluster_name="other"} 1
# TYPE envoy_http_tap_rq_tapped counter
envoy_http_tap_rq_tapped{envoy_http_conn_manager_prefix="front.http"} 4
# TYPE envoy_listener_downstream_cx_total counter
envoy_listener_downstream_cx_total{envoy_listener_address="[__1]_80"} 3
# TYPE tapline_tap_observer_faults counter
tapline_tap_observer_faults{} 0
# TYPE tapline_ledger_buffered gauge
tapline_ledger_buffered{book="tap-bytes"} 1
# TYPE tapline_ledger_settled counter
tapline_ledger_settled{book="tap-bytes",kind="dropped",reason="memory-budget"} 3
tapline_ledger_settled{book="tap-bytes",kind="handled"} 6
# TYPE tapline_ledger_entered counter
tapline_ledger_entered{book="tap-bytes"} 10
# TYPE tapline_memory_budget_bytes gauge
tapline_memory_budget_bytes{} 100
# TYPE tapline_memory_peak_bytes gauge
tapline_memory_peak_bytes{} 7
# TYPE tapline_memory_refusals counter
tapline_memory_refusals{} 1
# TYPE tapline_memory_used_bytes gauge
tapline_memory_used_bytes{} 5
# TYPE envoy_tcp_idle_timeout counter
envoy_tcp_idle_timeout{envoy_tcp_prefix="tcp"} 0
# TYPE envoy_transport_tap_lds_buffered_submit counter
envoy_transport_tap_lds_buffered_submit{} 5
# TYPE envoy_transport_tap_streamed_submit counter
envoy_transport_tap_streamed_submit{} 0
`;

const USAGE = "usage: /stats?format=(json|prometheus|text)\n\n";
const ROWS: readonly (readonly [path: string, status: number, type: string, text: string])[] = [
  ["/stats", 200, "text/plain; charset=UTF-8", TEXT],
  ["/stats?format=text&filter=", 200, "text/plain; charset=UTF-8", TEXT.replace(/^#.*\n/m, "")],
  ["/stats?filter=tap%5C.rq_", 200, "text/plain; charset=UTF-8", "http.front.http.tap.rq_tapped: 4\n"],
  ["/stats?filter=%5Etransport&usedonly", 200, "text/plain; charset=UTF-8", "transport.tap.lds.buffered_submit: 5\n"],
  ["/stats?filter=nothing%20like%20it", 200, "text/plain; charset=UTF-8", ""],
  ["/stats?filter=(", 400, "text/plain; charset=UTF-8", "Invalid re2 regex: missing closing ): `(`"],
  ["/stats?format=html", 400, "text/plain; charset=UTF-8", USAGE],
  [
    "/stats?format=json&filter=rq_tapped",
    200,
    "application/json",
    '{"stats":[{"name":"http.front.http.tap.rq_tapped","value":4}]}',
  ],
  ["/stats?format=prometheus", 200, "text/plain; version=0.0.4; charset=utf-8", PROMETHEUS],
  ["/stats/prometheus", 200, "text/plain; version=0.0.4; charset=utf-8", PROMETHEUS],
  [
    "/stats/prometheus?filter=rq_tapped",
    200,
    "text/plain; version=0.0.4; charset=utf-8",
    '# TYPE envoy_http_tap_rq_tapped counter\nenvoy_http_tap_rq_tapped{envoy_http_conn_manager_prefix="front.http"} 4\n',
  ],
];

describe("/stats", async () => {
  const admin = await startAdminServer(
    createStatsRoutes(async () => ({
      statistics: [...counters.collect(), ...collectLedgerStatistics(ledger), ...collectMemoryStatistics(budget)],
      ledger: ledger.format(),
    })),
  );
  for (const [path, status, type, text] of ROWS)
    test(path, async () => {
      const answer = await admin.ask("GET", path);
      assert.deepEqual([answer.status, answer.headers["content-type"]], [status, type]);
      assert.equal(answer.text, text);
    });

  test("a filter takes time linear in what it looks at", async () => {
    const { status } = await admin.ask("GET", `/stats?filter=${encodeURIComponent("(a*)*(a|aa)*$x")}`);
    assert.equal(status, 200);
  });
});

test("a name that is exposed several times is added up", () => {
  const exposed = new Counters();
  const name = nameOwnStatistic("x");
  exposed.expose(name, () => 2);
  exposed.expose(name, () => 3);
  assert.deepEqual(exposed.collect(), [{ ...name, value: 5 }]);
});
