import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseDownstreamProtocol,
  choosePreferredProtocol,
  chooseUpstreamOffers,
  restrictToCluster,
} from "./choose-alpn.ts";

test("an upstream server is offered what the client, the listener and the cluster all know", () => {
  const both = ["h2", "http/1.1"];
  const cases: [client: string[] | undefined, listener: string[], cluster: string[], offers: string[]][] = [
    [undefined, [], both, both],
    [both, both, both, both],
    [both, both, [], both],
    [["http/1.1", "h2"], both, [], both],
    [both, ["http/1.1"], both, ["http/1.1"]],
    [both, both, ["http/1.1"], ["http/1.1"]],
    [["h2"], both, ["http/1.1"], []],
    [["spdy/3"], both, both, []],
    [[], both, both, ["http/1.1"]],
    [[], both, ["istio"], ["istio"]],
  ];
  for (const [client, listener, cluster, offers] of cases)
    assert.deepEqual(chooseUpstreamOffers(client, listener, cluster), offers);
});

test("the client gets what the upstream server picked", () => {
  const both = ["h2", "http/1.1"];
  const cases: [client: string[], listener: string[], upstream: string | undefined, protocol: string | undefined][] = [
    [both, both, "h2", "h2"],
    [both, both, "http/1.1", "http/1.1"],
    [both, both, undefined, "http/1.1"],
    [["h2"], both, undefined, undefined],
    [[], both, "http/1.1", undefined],
    [both, ["http/1.1"], "h2", undefined],
  ];
  for (const [client, listener, upstream, protocol] of cases)
    assert.equal(chooseDownstreamProtocol(client, listener, upstream), protocol);
});

test("without TLS upstream the listener's order decides", () => {
  assert.equal(choosePreferredProtocol(["http/1.1", "h2"], ["h2", "http/1.1"]), "h2");
  assert.equal(choosePreferredProtocol(["http/1.1"], ["h2", "http/1.1"]), "http/1.1");
  assert.equal(choosePreferredProtocol(["http/1.1"], []), undefined);
});

test("the HTTP that a cluster does not speak is taken from a listener's protocols", () => {
  const all = ["h2", "acme", "http/1.1"];
  assert.deepEqual(restrictToCluster(all, undefined), all);
  assert.deepEqual(restrictToCluster(all, ["http/1.1"]), ["acme", "http/1.1"]);
  assert.deepEqual(restrictToCluster(all, ["h2"]), ["h2", "acme"]);
});

test("an upstream server is offered what its cluster speaks where the client can, else it decides", () => {
  const both = ["h2", "http/1.1"];
  assert.deepEqual(chooseUpstreamOffers(both, both, [], ["http/1.1"]), ["http/1.1"]);
  assert.deepEqual(chooseUpstreamOffers(["http/1.1"], both, [], ["h2"]), ["http/1.1"]);
});
