import { Redactor } from "../../analysis/redaction/index.ts";
import { normaliseName } from "../../analysis/redaction/rules.ts";
import type { DocumentNode, MappingNode, ScalarNode } from "../../wire/config-document/index.ts";

/** A value of JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Envoy's replacement for a secret. */
const REDACTED = "[redacted]";
/** Fields that hold secrets, in Envoy's configuration (`udpa.annotations.sensitive`) and wherever else it is called so. */
const SECRETS = new Set(["privatekey", "password", "sessionticketkeys", "secret", "token", "credentials", "accesskey"]);
/** Where a secret stands is none. */
const WHEREABOUTS = new Set(["filename", "environmentvariable"]);

/**
 * A configuration as JSON, without what is secret in it: keys and passwords that stand in it, values of headers that carry
 * credentials, and what has a token's shape wherever it stands. Names of files and of environment variables stay.
 */
export function redactDocument(document: DocumentNode): JsonValue {
  return new DocumentRedactor().convert(document, false);
}

class DocumentRedactor {
  readonly #redactor = new Redactor();

  convert(node: DocumentNode, isSecret: boolean): JsonValue {
    if (node.kind === "scalar") return this.#convertScalar(node, isSecret);
    if (node.kind === "sequence") return node.items.map((item) => this.convert(item, isSecret));
    const isHeader = this.#isSecretHeader(node);
    return Object.fromEntries(
      node.entries.map(({ key, value }) => {
        const name = normaliseName(key);
        const isName = isHeader && (name === "name" || name === "key");
        const isChildSecret = !WHEREABOUTS.has(name) && !isName && (isSecret || isHeader || SECRETS.has(name));
        return [key, this.convert(value, isChildSecret)];
      }),
    );
  }

  #convertScalar({ value }: ScalarNode, isSecret: boolean): JsonValue {
    if (value === null || typeof value === "boolean") return value;
    if (isSecret) return REDACTED;
    if (typeof value === "string") return this.#redactor.text(value);
    return typeof value === "bigint" && !Number.isSafeInteger(Number(value)) ? String(value) : Number(value);
  }

  /** `{ name: authorization, … }` of a header matcher, `{ key: authorization, value: … }` of a header. */
  #isSecretHeader({ entries }: MappingNode): boolean {
    const named = entries.find(({ key }) => key === "name" || key === "key")?.value;
    if (named?.kind !== "scalar" || typeof named.value !== "string") return false;
    const [header] = this.#redactor.headers([{ name: named.value.toLowerCase(), value: "value" }]);
    return header!.value !== "value";
  }
}
