import assert from "node:assert/strict";
import { test } from "node:test";
import { compileHeaderMatcher } from "./compile-header-matcher.ts";

/** The names whose values a real Envoy 1.40 joins; it was sent each of them twice. */
const REQUESTS =
  "accept accept-encoding access-control-request-headers access-control-request-method access-control-request-private-network authorization cache-control content-encoding content-type expect grpc-accept-encoding grpc-timeout if-match if-modified-since if-none-match origin pragma referer user-agent via x-client-trace-id x-envoy-attempt-count x-envoy-decorator-operation x-envoy-downstream-service-cluster x-envoy-downstream-service-node x-envoy-external-address x-envoy-original-host x-envoy-original-path x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-request-id";
const RESPONSES =
  "access-control-allow-credentials access-control-allow-headers access-control-allow-methods access-control-allow-origin access-control-expose-headers access-control-max-age age cache-control content-encoding content-type date etag expires grpc-message grpc-status last-modified location proxy-connection server upgrade vary via x-envoy-attempt-count x-envoy-decorator-operation x-envoy-degraded x-envoy-ratelimited x-request-id";

test("every header of which Envoy keeps one is one value, whatever stands between its lines", () => {
  for (const [phase, names] of [
    ["request-headers", REQUESTS],
    ["response-headers", RESPONSES],
  ] as const)
    for (const name of [...new Set(`${REQUESTS} ${RESPONSES} x-other`.split(" "))]) {
      const isJoined = names.split(" ").includes(name);
      const matches = (value: string) =>
        compileHeaderMatcher(
          {
            name,
            invert: false,
            treatMissingAsEmpty: false,
            test: { kind: "string", matcher: { kind: "exact", value, ignoreCase: false } },
          },
          phase,
        )([
          { name: name.toUpperCase(), value: "one" },
          { name: "x-between", value: "none" },
          { name: undefined, value: "unknown" },
          { name, value: undefined },
          { name, value: "two" },
        ] as never);
      assert.equal(matches("one,two"), isJoined, `${phase}: ${name}`);
      assert.equal(matches("two"), !isJoined, `${phase}: ${name}`);
    }
});

test("a header that is not there, or of which no value is known, satisfies neither a test nor its opposite, joined or not", () => {
  for (const name of ["cache-control", "x-other"])
    for (const invert of [false, true])
      for (const value of ["", "undefined", "x"]) {
        const test = { kind: "string", matcher: { kind: "exact", value, ignoreCase: false } } as const;
        const matches = compileHeaderMatcher({ name, invert, treatMissingAsEmpty: false, test }, "request-headers");
        assert.equal(matches([]), false, `${name} ${invert} ${value}`);
        assert.equal(matches([{ name, value: undefined }]), false, `${name} ${invert} ${value}`);
        const asEmpty = compileHeaderMatcher({ name, invert, treatMissingAsEmpty: true, test }, "request-headers");
        assert.equal(asEmpty([]), (value === "") !== invert, `${name} ${invert} ${value}`);
      }
});
