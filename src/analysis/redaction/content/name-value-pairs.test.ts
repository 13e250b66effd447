import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenParts, SHOWING } from "../../../../test/support/hidden-parts.ts";
import { redactText } from "./redact-text.ts";

const ITEMS = [
  "- name: password\n  value: «password:hunter2x»\n- name: user\n  value: bob\n",
  "env:\n- name: LOG\n  value: debug\n- name: DB_PASSWORD\n  value: «DB_PASSWORD:hunter2x»\n- name: USER\n  value: bob\n",
  "- name: DB_PASSWORD\n  tags:\n    - a\n    - b\n  value: «DB_PASSWORD:hunter2x»\n",
  "- name: DB_PASSWORD\n  from:\n    name: vault\n  value: «DB_PASSWORD:hunter2x»\n",
  "    - name: DB_PASSWORD\n      value: «DB_PASSWORD:hunter2x»\n    - name: DB_USER\n      value: bob\n",
  "name: password\nvalue: «password:hunter2x»\nname: user\nvalue: bob\n",
  "name=password value=«password:hunter2x» name=user value=bob",
  '{"name":"password",\n "value":"«password:hunter2x»"},{"name":"user","value":"bob"}',
  '<i name="password" value="«password:hunter2x»"/><i name="user" value="bob"/>',
  '<i name="password"\n   value="«password:hunter2x»"><i name="user" value="bob">',
  "setting => 1, name: 'password', kind => 2, value: '«password:hunter2x»'",
];

/** Values behind such a name that belong to another one, or to nothing. */
const OTHERS = [
  "env:\n- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db\n      key: password\n- name: LOG_LEVEL\n  value: debug\n",
  "- name: DB_PASSWORD\n- id: level\n  value: debug\n",
  "  - name: DB_PASSWORD\n- id: level\n  value: debug\n",
  "name: password\nother: x\nname: user\nvalue: bob\n",
  "name=password name=user value=bob",
  "Name=password NAME=user value=bob",
  '<i name="password"/><i value="bob"/>',
  "<i name='password'> <b value='bob'>",
];

test("a value belongs to the name before it in its own item, and to no other", () => {
  for (const [text, shown] of ITEMS.map(hiddenParts)) assert.equal(redactText(text, SHOWING), shown);
  for (const text of OTHERS) assert.equal(redactText(text, SHOWING), text);
});
