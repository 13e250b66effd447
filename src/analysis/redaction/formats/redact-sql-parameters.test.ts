import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenParts, SHOWING } from "../../../../test/support/hidden-parts.ts";
import { redactText } from "../content/redact-text.ts";
import { surveyText } from "../look/survey-text.ts";
import { mayHaveParameters, redactSqlParameters } from "./redact-sql-parameters.ts";

const X = "«password:hunter2»";

const PARAMETERS = [
  // By position.
  `{"sql": "UPDATE users SET password = ? WHERE name = ?", "params": ["${X}", "bob"]}`,
  `{"sql":"UPDATE users SET name = ?, password = ?","params":["bob","${X}"]}`,
  `{"query":"SELECT 1 FROM u WHERE name = $1 AND password = $2","params":["bob","${X}"]}`,
  `{"query":"SELECT 1 FROM u WHERE password = $2 AND name = $1","values":["bob","${X}"]}`,
  `{"params":["bob","${X}"],"sql":"SELECT 1 FROM u WHERE name = :1 AND password = :2"}`,
  `{"sql":"SELECT 1 FROM u WHERE name = @p1 AND password = @p2","bindings":{"p1":"bob","p2":"${X}"}}`,
  `{"sql":"INSERT INTO t (user, password) VALUES (?, ?)","args":["bob","${X}"]}`,
  `{"sql":"INSERT INTO t (user, password) VALUES (?, ?), (?, ?)","bind":["bob","${X}","eve","«password:s3»"]}`,
  `{"sql":"insert into t (user, created, password) values (%s, now(), %s)","args":["bob","${X}"]}`,
  `{"sql":"INSERT OR REPLACE INTO \\"t\\" (\\"user\\", \\"password\\") VALUES (?1, ?2)","parameters":["bob","${X}"]}`,
  `{"sql":"INSERT INTO t (user, password) VALUES ($1, crypt($2, gen_salt('bf')))","params":["bob","${X}"]}`,
  `{"sql":"UPDATE t SET password = SHA2(CONCAT(?, 'a?b'), 256), n = ?","params":["${X}",1]}`,
  `{"sql":"UPDATE t SET u.password = :1 WHERE id = :2","binds":["${X}",7]}`,
  `{"sql":"ALTER USER bob WITH PASSWORD $1","params":["${X}"]}`,
  `{"sql":"ALTER USER bob IDENTIFIED BY ?","params":["${X}"]}`,
  `{"sql":"SELECT 1 FROM u WHERE ? = password","params":["${X}"]}`,
  `{"sql":"SELECT 1 FROM u WHERE password LIKE ?","bound":["${X}"]}`,
  `{"sql":"SELECT '?' FROM u WHERE a = 'it''s ?' AND password = ?","params":["${X}"]}`,
  `{"sql":"SELECT a::text FROM u WHERE b ?| c AND password = ?","params":["${X}"]}`,
  `{"sql":"UPDATE t SET password = ?","bind":"${X}"}`,
  // As objects, in rows, with types.
  `{"sql":"UPDATE t SET password = ? WHERE a = ?","args":[{"type":"text","value":"${X}"},{"type":"text","value":"bob"}]}`,
  `{"statement":"UPDATE t SET password = ?","bindings":{"1":{"type":"TEXT","value":"${X}"}}}`,
  `{"sql":"UPDATE t SET password = :p","parameters":[{"name":"p","value":{"stringValue":"${X}"}}]}`,
  `{"sql":"UPDATE t SET a = :a, password = :p","parameters":[{"name":"p","value":{"stringValue":"${X}"}},{"name":"a","value":{"stringValue":"b"}}]}`,
  `{"sql":"UPDATE t SET password = ?","queryParameters":[{"parameterType":{"type":"STRING"},"parameterValue":{"value":"${X}"}}]}`,
  `{"sql":"INSERT INTO t (user, password) VALUES (?, ?)","params":[["bob","${X}"],["eve","«password:s3»"]]}`,
  `{"sql":"UPDATE t SET password = @p","params":{"@p":"${X}"}}`,
  `{"sql":"UPDATE t SET password = %(p)s WHERE a = %(a)s","params":{"p":"${X}","a":"b"}}`,
  `{"statements":[{"statement":"MATCH (u:User {name: $n, password: $p}) RETURN u","parameters":{"n":"bob","p":"${X}"}}]}`,
  ...["vx", "xv", "valx", "xval", "datax", "xdata"].map(
    (name) => `{"sql":"INSERT INTO t (user, password) VALUES (:${name}, :p)","params":[{"${name}":"bob","p":"${X}"}]}`,
  ),
  `{"sql":"UPDATE t SET a = ?1, password = ?12","bindings":{"1":"bob","12":"${X}"}}`,
  `{"sql":"UPDATE t SET a = ?1, password = ?2","bindings":{"1":"bob","2":"${X}"}}`,
  // Behind the statement in its list.
  `[["INSERT INTO t(name, password) VALUES(?, ?)", "bob", "${X}"], ["SELECT ? FROM t", "hunter2"]]`,
  `["UPDATE t SET password = $1 WHERE a = $2", ["${X}", "bob"]]`,
  `{"method":"query","args":["UPDATE t SET password = $1 WHERE a = $2",["${X}","bob"]]}`,
  // A number; and what is cut.
  `{"sql":"UPDATE t SET password = ? WHERE a = ?","params":["${X}","b`,
  `{"sql":"UPDATE t SET password = ?","params":["${X.slice(0, -1)}»`,
  // None of these is a statement with a secret.
  `{"sql":"UPDATE t SET name = ? WHERE id = ?","params":["hunter2","bob"]}`,
  `{"sql":"UPDATE t SET password = 'a?' WHERE id = ?","params":["hunter2"]}`,
  `{"sql":"UPDATE t SET password = ?","rows":["hunter2"]}`,
  `{"text":"is your password = ? yes","params":["hunter2"]}`,
  `{"sql":"UPDATE t SET password = ?","params":[null,true]}`,
  `{"sql":"INSERT INTO t (user, password) VALUES (?, 'x')","params":["bob","hunter2"]}`,
  `{"sql":"UPDATE t SET password = ?","params":[]}`,
];

test("of what is given for placeholders just the secrets are hidden", () => {
  for (const [text, shown] of PARAMETERS.map(hiddenParts)) {
    assert.equal(redactSqlParameters(text, SHOWING), shown);
    if (shown !== text) assert.ok(mayHaveParameters(text, surveyText(text, SHOWING.table.grams)), text);
  }
});

test("in a body, and in JSON that is a text of another one", () => {
  const isHidden = (redacted: string): boolean => !redacted.replaceAll(/«[^»]*»/g, "").includes("hunter2");
  const hiding = PARAMETERS.map(hiddenParts).filter(([, shown]) => isHidden(shown));
  assert.ok(hiding.length > 30);
  for (const [text] of hiding)
    for (const body of [text, JSON.stringify({ line: text }), JSON.stringify({ a: JSON.stringify({ line: text }) })])
      assert.ok(isHidden(redactText(body, SHOWING)), body);
});

test("it reads a text once, however many brackets and statements are in it", () => {
  const statement = `{"sql":"UPDATE t SET password = ?","params":["hunter2"]},`;
  const many = `[${statement.repeat(20_000)}{}]`;
  assert.equal(redactSqlParameters(many, SHOWING).split("«password:hunter2»").length, 20_001);
  const deep = `${"[".repeat(200_000)}"UPDATE t SET password = ?"`;
  assert.equal(redactSqlParameters(deep, SHOWING), deep);
  const placeholders = `{"sql":"UPDATE t SET password = ? ${"? , ".repeat(200_000)}","params":["hunter2"]}`;
  assert.ok(redactSqlParameters(placeholders, SHOWING).endsWith('"params":["«password:hunter2»"]}'));
});
