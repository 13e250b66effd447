import type { HttpExchange } from "../../../model/index.ts";
import type { KindAttribute } from "../../protocols/kind-attribute.ts";
import { APPLICATION_ATTRIBUTES } from "./application-attributes.ts";
import { BODY_APPLICATION_ATTRIBUTES } from "./body-application-attributes.ts";
import { REQUEST_ATTRIBUTES } from "./request-attributes.ts";
import { RESPONSE_ATTRIBUTES } from "./response-attributes.ts";

export const HTTP_ATTRIBUTES: readonly KindAttribute<HttpExchange>[] = [
  ...REQUEST_ATTRIBUTES,
  ...RESPONSE_ATTRIBUTES,
  ...APPLICATION_ATTRIBUTES,
  ...BODY_APPLICATION_ATTRIBUTES,
];
