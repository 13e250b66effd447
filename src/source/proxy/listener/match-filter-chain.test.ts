import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FilterChainMatch } from "../config/config.ts";
import { ChainMatcher, type ChainQuestion } from "./match-filter-chain.ts";

const ANY: FilterChainMatch = {
  destinationRanges: [],
  serverNames: [],
  applicationProtocols: [],
  directSourceRanges: [],
  sourceType: "ANY",
  sourceRanges: [],
  sourcePorts: [],
};
const END = { kind: "ip", address: "127.0.0.1", port: 443 } as const;
const FAR = { kind: "ip", address: "10.1.2.3", port: 5000 } as const;
const ASKED: ChainQuestion = {
  local: END,
  remote: FAR,
  directRemote: FAR,
  transportProtocol: "raw_buffer",
  applicationProtocols: [],
};
const range = (address: string, prefixLength: number) => ({ address, prefixLength });

describe("filter chains are chosen as Envoy chooses them", () => {
  const CASES: readonly (readonly [string, Partial<FilterChainMatch>[], Partial<ChainQuestion>, number | undefined])[] =
    [
      ["one for everything", [{}], {}, 0],
      ["none", [{ serverNames: ["a.org"] }], {}, undefined],
      [
        "the whole name before a wildcard",
        [{ serverNames: ["*.a.org"] }, { serverNames: ["b.a.org"] }],
        { serverName: "B.a.org" },
        1,
      ],
      [
        "the longer wildcard",
        [{ serverNames: ["*.a.org"] }, { serverNames: ["*.b.a.org"] }],
        { serverName: "c.b.a.org" },
        1,
      ],
      ["a wildcard stands for no bare name", [{ serverNames: ["*.a.org"] }, {}], { serverName: "a.org" }, 1],
      ["TLS or not", [{ transportProtocol: "tls" }, { transportProtocol: "raw_buffer" }], {}, 1],
      ["without TLS where only TLS is meant", [{ transportProtocol: "tls" }], {}, undefined],
      [
        "the client's first protocol",
        [{ applicationProtocols: ["http/1.1"] }, { applicationProtocols: ["h2"] }],
        { applicationProtocols: ["h2", "http/1.1"] },
        1,
      ],
      ["the port it was for", [{}, { destinationPort: 443 }], {}, 1],
      [
        "the longer prefix",
        [{ sourceRanges: [range("10.0.0.0", 8)] }, { sourceRanges: [range("10.1.0.0", 16)] }],
        {},
        1,
      ],
      ["local clients", [{ sourceType: "SAME_IP_OR_LOOPBACK" }, { sourceType: "EXTERNAL" }], {}, 1],
      ["a source port", [{ sourcePorts: [5000] }, {}], {}, 0],
      // Names come before sources: no way back from a name to a chain without one.
      [
        "criteria in their order",
        [{ serverNames: ["a.org"], sourcePorts: [1] }, {}],
        { serverName: "a.org" },
        undefined,
      ],
    ];
  for (const [name, matches, asked, expected] of CASES)
    test(name, () => {
      const matcher = new ChainMatcher(matches.map((match) => ({ ...ANY, ...match })));
      assert.equal(matcher.find({ ...ASKED, ...asked }), expected);
    });
});
