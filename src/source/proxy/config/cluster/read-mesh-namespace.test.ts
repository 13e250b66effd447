import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDocument } from "../../../../wire/config-document/index.ts";
import { readMeshNamespace } from "./read-mesh-namespace.ts";

const CASES: readonly [metadata: string, namespace: string | undefined][] = [
  ["filter_metadata: { istio: { workload: catalogue;sock-shop;catalogue;v1 } }", "sock-shop"],
  ["filterMetadata: { istio: { workload: catalogue;sock-shop;catalogue;v1;Kubernetes } }", "sock-shop"],
  ["filter_metadata: { istio: { workload: catalogue;sock-shop;catalogue } }", undefined],
  ["filter_metadata: { istio: { workload: ;;; } }", undefined],
  ["filter_metadata: { istio: { services: [ { host: a, namespace: shop }, { namespace: other } ] } }", "shop"],
  ['filter_metadata: { envoy.lb: { "k8s.kuma.io/namespace": kuma-demo } }', "kuma-demo"],
  ["filter_metadata: { istio: { workload: 5, services: {} }, envoy.lb: [] }", undefined],
  ["filter_metadata: [ a ]", undefined],
  ["{}", undefined],
];
for (const [metadata, namespace] of CASES)
  test(`${metadata}: ${namespace}`, async () =>
    assert.equal(readMeshNamespace(await parseDocument(metadata)), namespace));

test("no metadata", () => assert.equal(readMeshNamespace(undefined), undefined));
