import assert from "node:assert/strict";
import { test } from "node:test";
import { suggestName } from "./suggest-name.ts";

test("a misspelt name suggests the nearest, or nothing", () => {
  const names = ["connect_timeout", "type", "lb_policy", "hosts"];
  assert.equal(suggestName("conect_timeout", names), "connect_timeout");
  assert.equal(suggestName("connectTimeOut", names), "connect_timeout");
  assert.equal(suggestName("tpye", names), "type");
  assert.equal(suggestName("health", names), undefined);
});
