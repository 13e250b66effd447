import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseProxyConfig } from "../../src/source/proxy/config/parse-proxy-config.ts";
import { readCommonTapConfig, readTapConfig } from "../../src/tap/config/read-tap-config.ts";
import { MessageReader, parseDocument } from "../../src/wire/config-document/index.ts";
import { bootstrap } from "../support/bootstraps.ts";
import { writeHttpBootstrap } from "../support/http-tap-harness.ts";
import { sharedData } from "../support/needs.ts";

const { path, skip } = sharedData("fixtures/envoy/config");
const sample = (name: string) => readFileSync(join(path, name), "utf8");

describe("samples of configurations", { skip }, () => {
  for (const name of ["capture_v2_config_raw", "transport_tap_v2_config_raw", "transport_tap_v3_typed"])
    for (const place of ["chain", "cluster"] as const)
      test(`${name} in a ${place}`, async () => {
        const text = bootstrap({ [place]: sample(`${name}.yaml`) });
        const config = await parseProxyConfig(text, { readFile: () => new Uint8Array() });
        const socket =
          place === "chain"
            ? config.listeners[0]!.filterChains[0]!.transportSocket
            : config.clusters[0]!.transportSocket;
        assert.equal(socket.kind, name.startsWith("capture") ? "capture" : "tap");
      });

  for (const name of ["admin_post_body_match", "admin_post_buffered", "admin_post_streaming"])
    test(name, async () => {
      const request = new MessageReader(await parseDocument(sample(`${name}.yaml`)), {
        name: "TapRequest",
        fields: ["config_id", "tap_config"],
      });
      const { output } = readTapConfig(request.requiredNode("tap_config"), { origin: "admin", watches: [] });
      assert.match(output.sink.destination.kind, /-admin$/);
    });

  for (const [name, common] of [
    ["http_tap_v2_typed_static_streaming", "static"],
    ["http_tap_v3_admin", "admin"],
  ] as const)
    test(`${name} as an HTTP filter`, async () => {
      const router = "{ name: envoy.filters.http.router }";
      const filter = sample(`${name}.yaml`).trimEnd().replaceAll("\n", "\n            ");
      const text = writeHttpBootstrap(80, []).replace(
        /http_filters: .*/,
        `http_filters:\n          - ${filter}\n          - ${router}`,
      );
      const { networkFilter } = (await parseProxyConfig(text, { readFile: () => new Uint8Array() })).listeners[0]!
        .filterChains[0]!;
      assert.ok(networkFilter.kind === "http-connection-manager");
      assert.deepEqual(
        networkFilter.httpTaps.map((tap) => tap.common.kind),
        [common],
      );
    });

  test("REJECT_static_streaming_admin", async () => {
    const socket = new MessageReader(await parseDocument(sample("REJECT_static_streaming_admin.yaml")), {
      name: "Tap",
      fields: ["common_config"],
    });
    assert.throws(() => readCommonTapConfig(socket.requiredNode("common_config"), { hasAdmin: true }, "socket"), {
      message: "Error: Specifying admin streaming output without configuring admin.",
    });
  });
});
