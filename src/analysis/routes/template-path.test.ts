import assert from "node:assert/strict";
import { test } from "node:test";
import { templatePath } from "./template-path.ts";

const CASES: readonly [path: string, route: string][] = [
  ["/", "/"],
  ["/users", "/users"],
  ["/users/17", "/users/{id}"],
  ["/users/17/orders/-3.5", "/users/{id}/orders/{id}"],
  ["/v2/things", "/v2/things"],
  ["/api/v1.0/x", "/api/v1.0/x"],
  ["/o/123e4567-E89B-12d3-a456-426614174000/", "/o/{id}/"],
  ["/blobs/d41d8cd98f00b204e9800998ecf8427e", "/blobs/{id}"],
  ["/commit/8bbe40d699a3", "/commit/{id}"],
  ["/0x00000000219ab540356cbb839cbe05303d7705fa", "/{id}"],
  ["/facade/deadbeef", "/facade/deadbeef"],
  ["/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/{id}"],
  ["/a-name-with-many-dashes-and-letters", "/a-name-with-many-dashes-and-letters"],
  ["*", "*"],
];

test("segments that name one thing among many become {id}; words and versions stay", () => {
  for (const [path, route] of CASES) assert.equal(templatePath(path), route);
});
