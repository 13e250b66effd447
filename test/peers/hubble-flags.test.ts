/** The flags that choose flows, beside Hubble's own: its command line shows the same of drawn flows, in the same order. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildGoPeer } from "../support/go-peer.ts";
import { drawHubbleFlows } from "../support/hubble-flows.ts";
import { Random } from "../support/random.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/tapline");
const COUNT = Number(process.env["HUBBLE_COUNT"] ?? 2000);
const SEED = Number(process.env["HUBBLE_SEED"] ?? Date.now() % 1_000_000);

/** A line a run. */
const FLAGS = `
--verdict FORWARDED
--verdict DROPPED
--verdict ERROR
--verdict AUDIT
--verdict REDIRECTED
--verdict TRACED
--verdict TRANSLATED
--verdict DROPPED --verdict ERROR
--from-pod cart
--from-pod shop/cart
--from-pod shop/
--from-pod kube-system/web-0
--to-pod cart
--to-pod shop/db
--to-pod shop-2/
--pod cart
--pod shop/c
--from-pod cart --to-pod web
--namespace shop
--namespace default
--namespace kube-system --namespace shop
--label k8s:app=cart
--label app=cart
--label app
--label k8s:app
--label reserved:world
--label any:app=cart
--label app=cart,tier=backend
--label !tier
--label tier!=backend
--label app=cart --label tier=front
--label org.x/name=a.b
--label empty=
--label reserved:host
--label cidr:10.0.0.0/8
--label tier
--ip 10.0.0.1
--ip 10.0.0.0/8
--ip 10.0.0.0/24
--ip fd00::1
--ip fd00::/16
--ip ::/0
--ip 10.0.0.1 --ip fd00::2
--port 80
--port 443
--port 0
--port 65535
--port 80 --port 53
--protocol tcp
--protocol udp
--protocol icmp
--protocol icmpv4
--protocol icmpv6
--protocol sctp
--protocol http
--protocol dns
--protocol kafka
--protocol tcp --protocol http
--protocol vrrp
--protocol igmp
--protocol icmpv4 --protocol dns
--identity 0
--identity 1
--identity host
--identity world
--identity 2
--identity remote-node
--identity 12345
--identity 16777217
--identity kube-apiserver
--identity health
--http-status 200
--http-status 404
--http-status 4+
--http-status 40+
--http-status 5+
--http-status 200 --http-status 5+
--http-method GET
--http-method get
--http-method post
--http-method GET --http-method PUT
--traffic-direction ingress
--traffic-direction EGRESS
--traffic-direction egress --traffic-direction ingress
-t trace
-t drop
-t l7
-t policy-verdict
-t capture
-t trace-sock
-t trace:to-endpoint
-t trace:from-endpoint
-t trace:to-stack
-t trace:from-host
-t trace:from-network
-t trace:to-network
-t trace:to-overlay
-t trace:to-proxy
-t trace:from-proxy
-t trace:from-crypto
-t trace:to-crypto
-t trace:from-stack
-t trace:from-overlay
-t trace:to-host
-t trace -t drop
-t l7 --verdict FORWARDED
-t trace:to-endpoint --namespace shop --protocol tcp --port 80
--first 10
--first 25 --verdict DROPPED
--last 10
--last 33 --protocol udp
--since 2026-01-31T12:30:00Z
--until 2026-01-31T12:30:00Z
--since 2026-01-31T12:10:00Z --until 2026-01-31T12:20:00Z
--since 2026-01-31T12:10:00Z --until 2026-01-31T12:20:00Z --verdict DROPPED
--since 2026-01-31T12:10:00Z --first 7
--since 2026-01-31T12:10:00Z --last 7
--since 2026-01-31T13Z
--since 2026-01-31T12:30Z
--since 2026-01-31T12:30:00.5Z
--since 2026-01-31T14:30:00+02:00
--until 2026-01-31T12:30+01:00
--label !app,tier=backend
--label app!=cart,tier
--label tier!=backend --label app=web
--label any:tier=front
--label k8s:tier
--label !k8s:app
--from-pod shop/cart --to-pod default/web --verdict FORWARDED
--pod shop/cart --verdict FORWARDED --protocol tcp
--identity ingress
--identity world-ipv4 --identity unmanaged
--port 8080 --protocol udp
--ip 10.0.1.0/24 --port 443
--http-method PUT --http-status 5+
--http-status 59+
--first 1
--last 1
--last 100 -t l7
--first 100 -t trace:to-stack -t drop
-t trace:to-crypto -t trace:from-crypto -t policy-verdict
--traffic-direction ingress -t policy-verdict
--until 2026-01-31T13Z
--since 2026-01-31T12:05:00.250Z --until 2026-01-31T12:45:00-00:00
--label 'app in (cart, web)'
--label 'tier notin (backend)'
--ip 10.0.0.1 --port 443
--label tier=front --identity 2 --port 80
--ip ::/0 --identity host
--namespace shop --pod cart
--namespace shop --namespace default --pod web
--namespace shop --label app=cart --port 8080
`;

describe(`flags that choose flows, seed ${SEED}`, () => {
  const folder = makeTemporaryFolder();
  const file = join(folder.path, "flows.jsonl");
  let hubble = "";
  before(async () => {
    hubble = await buildGoPeer("hubble-go", "hubble-1.19.4", "github.com/cilium/cilium/hubble");
    const flows = drawHubbleFlows(new Random(SEED), COUNT);
    writeFileSync(file, flows.map((flow) => `${JSON.stringify(flow)}\n`).join(""));
  });
  after(folder.remove);

  for (const line of FLAGS.trim().split("\n"))
    test(line, async () => {
      const flags = line.match(/'[^']*'|\S+/g)!.map((flag) => flag.replaceAll("'", ""));
      const all = flags.includes("--first") || flags.includes("--last") ? [] : ["--all"];
      const theirs = await runProgram(hubble, ["observe", "--input-file", file, "-o", "json", ...all, ...flags]);
      assert.equal(theirs.stderr, "");
      const ours = await runProgram(PROGRAM, ["monitor", "--input", file, "-o", "jsonpb", ...flags]);
      assert.deepEqual(shownOf(ours.stdout), shownOf(theirs.stdout), ours.stderr);
      assert.ok(shownOf(theirs.stdout).length < COUNT);
    });
});

function shownOf(text: string): string[] {
  return [...text.matchAll(/"uuid": ?"([^"]+)"/g)].map(([, uuid]) => uuid!);
}
