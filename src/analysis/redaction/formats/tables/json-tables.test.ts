import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenParts, SHOWING } from "../../../../../test/support/hidden-parts.ts";
import { redactBytes } from "../../content/redact-body.ts";
import { createNodeRedactor } from "../../node-redactor.ts";

/** As the programs answer whose names stand before them; what is hidden is marked. */
const TABLES: Readonly<Record<string, string>> = {
  "Google Visualization":
    '{"cols":[{"id":"A","label":"user"},{"id":"B","label":"password"}],"rows":[{"c":[{"v":"bob"},{"v":"«password:x»"}]},{"c":[null,{"v":"«password:y»","f":"«password:y»"}]}]}',
  "Google Visualization, identifiers alone":
    '{"cols":[{"id":"user"},{"id":"password"}],"rows":[{"c":[{"v":"bob"},{"v":"«password:x»"}]}]}',
  "the same as a call":
    '/*O_o*/\nsetResponse({"table":{"cols":[{"label":"password"},{"label":"user"}],"rows":[{"c":[{"v":"«password:x»"},{"v":"bob"}]}]}});',
  BigQuery:
    '{"schema":{"fields":[{"name":"user","type":"STRING"},{"name":"password"}]},"rows":[{"f":[{"v":"bob"},{"v":"«password:x»"}]}]}',
  "BigQuery, rows first":
    '{"rows":[{"f":[{"v":"bob"},{"v":"«password:x»"}]}],"schema":{"fields":[{"name":"user"},{"name":"password"}]}}',
  "Elasticsearch by columns":
    '{"columns":[{"name":"password","type":"text"},{"name":"user","type":"text"}],"values":[["«password:x»","«password:y»"],["bob","eve"]]}',
  Grafana:
    '{"schema":{"fields":[{"name":"user"},{"name":"password"}]},"data":{"values":[["bob","eve","ann"],["«password:x»","«password:y»","«password:z»"]]}}',
  InfluxDB:
    '{"results":[{"series":[{"name":"a","columns":["time","user","password"],"values":[["1","bob","«password:x»"]]}]}]}',
  ClickHouse: '{"meta":[{"name":"user","type":"String"},{"name":"password"}],"data":[["bob","«password:x»"]],"rows":1}',
  Trino:
    '{"columns":[{"name":"user","typeSignature":{"arguments":[1]}},{"name":"password","typeSignature":{"arguments":[]}}],"data":[["bob","«password:x»"]]}',
  Snowflake: '{"resultSetMetaData":{"rowType":[{"name":"USER"},{"name":"PASSWORD"}]},"data":[["bob","«PASSWORD:x»"]]}',
  Neo4j:
    '{"results":[{"columns":["u.name","u.password"],"data":[{"row":["bob","«u.password:x»"],"meta":[null,null]}]}],"errors":[]}',
  Athena:
    '{"Rows":[{"Data":[{"VarCharValue":"user"},{"VarCharValue":"password"}]},{"Data":[{"VarCharValue":"bob"},{"VarCharValue":"«password:x»"}]}]}',
  "RDS Data":
    '{"columnMetadata":[{"label":"user"},{"label":"password"}],"records":[[{"stringValue":"bob"},{"stringValue":"«password:x»"}]]}',
  Kusto: '{"Columns":[{"ColumnName":"user"},{"ColumnName":"password"}],"Rows":[["bob","«password:x»"]]}',
  libSQL:
    '{"cols":[{"name":"user"},{"name":"password"}],"rows":[[{"type":"text","value":"bob"},{"type":"text","value":"«password:x»"}]]}',
  "cells with columns' numbers":
    '{"columns":[{"id":"c1","title":"user"},{"id":"c2","title":"password"}],"rows":[{"cells":[{"columnId":"c1","value":"bob"},{"columnId":"c2","value":"«password:x»"}]}]}',
  "columns that hold their values":
    '{"columns":[{"name":"user","values":["bob","eve"]},{"name":"password","values":["«password:x»","«password:y»"]}]}',
  "Google Sheets by columns":
    '{"majorDimension":"COLUMNS","values":[["user","bob","eve"],["password","«password:x»","«password:y»"]]}',
  "titles and a body": '{"headers":["user","password"],"body":[["bob","«password:x»"]]}',
  "a row of titles, the secret's first": '[["password","user"],["«password:x»","y"]]',
  "more in a row than its cells":
    '{"cols":[{"id":"user"},{"id":"password"}],"rows":[{"c":[{"v":"bob"},{"v":"«password:x»"}],"p":{"a":{"b":[1]},"d":"]}"}},{"c":[{"v":"eve"},{"v":"«password:y»"}],"p":[{"q":[]}]},{"c":[{"v":"amy"},{"v":"«password:z»"}]}]}',
  "titles of two, the secret's first": '{"cols":["password","user"],"rows":[["«password:x»","y"]]}',
  "names that are asked for": '{"required":["password","user"]}',
  "GraphQL's variables":
    '{"query":"mutation($u:String!,$p:String!){login(user:$u,password:$p){ok}}","variables":{"u":"bob","p":"«password:x»"}}',
  "values in a text of JSON": '{"csv":"user,password\\nbob,«password:x»\\n"}',
  "values that are given apart": '{"sql":"INSERT INTO users (user, password) VALUES (?, $1)","note":"so","count":[1,"bob"]}',
  "more than one row": `{"sql":"INSERT INTO users (user, password) VALUES ('bob', '«password:x»'), ('f(a)', '«password:y»'); SELECT 1","b":"c"}`,
}; // biome-ignore format: a list

test("of JSON whose titles stand apart just the cells are hidden that their titles say are secret", () => {
  for (const [what, content] of Object.entries(TABLES)) {
    const [text, shown] = hiddenParts(content);
    assert.equal(Buffer.from(redactBytes(Buffer.from(text), "application/json", SHOWING)).toString(), shown, what);
  }
});

test("two titles that are not usual are no name and its value where the rows show it", () => {
  const text = '[["secret","plan"],["hunter2pass","gold"],["swordfish9","silver"]]';
  const shown = Buffer.from(createNodeRedactor().content(Buffer.from(text), "application/json")).toString();
  assert.match(shown, /^\[\["secret","plan"\],\["redacted-secret-\w+","gold"\],\["redacted-secret-\w+","silver"\]\]$/);
});

test("rows of sheets and documents in XML are tables too", () => {
  for (const content of [
    "<Table><Row><Cell><Data>user</Data></Cell><Cell><Data>password</Data></Cell></Row><Row><Cell><Data>bob</Data></Cell><Cell><Data>«password:x»</Data></Cell></Row></Table>",
    "<w:tbl><w:tr><w:tc><w:t>user</w:t></w:tc><w:tc><w:t>password</w:t></w:tc></w:tr><w:tr><w:tc><w:t>bob</w:t></w:tc><w:tc><w:t>«password:x»</w:t></w:tc></w:tr></w:tbl>",
    "<table:table><table:table-row><table:table-cell>user</table:table-cell><table:table-cell>token</table:table-cell></table:table-row><table:table-row><table:table-cell>bob</table:table-cell><table:table-cell>«token:x»</table:table-cell></table:table-row></table:table>",
  ]) {
    const [text, shown] = hiddenParts(content);
    assert.equal(Buffer.from(redactBytes(Buffer.from(text), "application/xml", SHOWING)).toString(), shown);
  }
});
