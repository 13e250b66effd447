import { useState } from "preact/hooks";
import { shownQuery, source, url } from "../state/app-state.ts";
import { formatCount } from "../text/format.ts";
import { FACET_LABELS, FacetItem } from "./facets.tsx";
import { ModalDialog } from "./modal-dialog.tsx";
import { useAsked } from "./use-asked.ts";

/** Values that are asked for: a collector gives no more at once. */
const MAX_VALUES = 1000;

/** All values of an attribute among what is shown, and a field to search them. */
export function FacetDialog({ attribute }: { attribute: string }) {
  const [searched, search] = useState("");
  const { filter, range } = url.value;
  const { answer, problem } = useAsked(`${attribute} ${filter} ${range}`, (signal) =>
    source.value.facets({ ...shownQuery(), attributes: [attribute], limit: MAX_VALUES }, signal),
  );
  const values = answer?.facets[attribute] ?? [];
  const most = Math.max(1, ...values.map(({ count }) => count));
  const found = values.filter(({ value }) => String(value).toLowerCase().includes(searched.toLowerCase()));
  const label = FACET_LABELS[attribute] ?? attribute;
  return (
    <ModalDialog title={`Values of ${label}`}>
      <label class="search">
        Search <input type="search" value={searched} onInput={(event) => search(event.currentTarget.value)} />
      </label>
      {problem !== undefined && <p class="wrong">{problem}</p>}
      {answer === undefined && problem === undefined && <div class="skeleton" />}
      {answer !== undefined && (
        <p class="note">
          {formatCount(found.length)} of {formatCount(values.length)} values
          {values.length === MAX_VALUES && ", the most frequent ones"}
          {!answer.isComplete && `, of the newest ${formatCount(answer.scanned)} exchanges`}
        </p>
      )}
      <ul class="values facets">
        {found.map((value) => (
          <FacetItem key={value.value} name={attribute} value={value} most={most} />
        ))}
      </ul>
    </ModalDialog>
  );
}
