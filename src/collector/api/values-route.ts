import { z } from "zod";
import { compileField } from "../../analysis/filter/index.ts";
import { readStoredDocument } from "../store/record/read-document.ts";
import { type Api, type ApiOptions, goneSignal } from "./api-context.ts";
import { fieldValues } from "./field-values.ts";
import { hideContents } from "./hide-contents.ts";
import { problem } from "./schemas.ts";

/** Exchanges that are looked at for one answer, and fields of each. */
const MAX_IDS = 200;
const MAX_FIELDS = 16;

const field = z.string().min(1).max(1000);
const value = z.object({ text: z.string(), condition: z.string().optional() });

/** `GET /api/v1/values`: what fields say of some exchanges, for columns that no list has. */
export function defineValues(api: Api, { store, audit }: ApiOptions): void {
  api.get(
    "/api/v1/values",
    {
      schema: {
        summary: `What fields (attributes, or any expression of the filter language) say of up to ${MAX_IDS} exchanges`,
        querystring: z.object({
          ids: z
            .string()
            .regex(/^\d{1,15}(?:,\d{1,15})*$/)
            .transform((text) => text.split(",").map(Number))
            .refine((ids) => ids.length <= MAX_IDS, `at most ${MAX_IDS}`),
          field: z
            .union([field, z.array(field).max(MAX_FIELDS)])
            .transform((one) => (typeof one === "string" ? [one] : one)),
        }),
        response: {
          200: z.object({ values: z.array(z.object({ id: z.number(), values: z.array(value.nullable()) })) }),
          400: problem,
          401: problem,
        },
      },
    },
    async (request) => {
      const { ids, field: texts } = request.query;
      const fields = texts.map((text) => compileField(text, { name: "field" }));
      const isHidden = request.person.role !== "admin";
      const found = await Promise.all(ids.map((id) => store.find(id, goneSignal(request))));
      if (!isHidden && fields.some(({ looksAtBodies }) => looksAtBodies))
        await audit.note(request.person, "see", { ids, fields: texts });
      return {
        values: found.flatMap((one) => {
          if (one === undefined) return [];
          const document = isHidden ? JSON.stringify(hideContents(JSON.parse(one.document))) : one.document;
          return [{ id: one.id, values: fieldValues(readStoredDocument(document, one.id), fields) }];
        }),
      } as never;
    },
  );
}
