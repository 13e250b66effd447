import { useMemo } from "preact/hooks";
import { descriptorProblem, descriptors, openDescriptors } from "../state/descriptors.ts";
import { showText } from "../text/format.ts";
import { HexView } from "./hex-view.tsx";
import { useAsked } from "./use-asked.ts";

/** A message of Protobuf: by its type where a descriptor set says it, else its fields by their numbers, else its bytes. */
export function ProtobufView({
  bytes,
  path,
  from,
}: {
  bytes: Uint8Array;
  path?: string | undefined;
  from: "client" | "server";
}) {
  const known = descriptors.value;
  // Of another message another question is asked, where the same part of the page shows it.
  const question = useMemo(() => ({ known, bytes, path, from }), [known, bytes, path, from]);
  const { answer } = useAsked(question, async () => {
    const { describeAs, describeFields, messageTypeOf } = await import("../text/protobuf.ts");
    const type = known && path !== undefined ? messageTypeOf(known.registry, path, from) : undefined;
    const described = type && describeAs(type, known!.registry, bytes);
    return described === undefined ? { text: describeFields(bytes) } : { type: type!.typeName, text: described };
  });
  if (answer === undefined) return <div class="skeleton" />;
  if (answer.text === undefined) return <HexView bytes={bytes} />;
  return (
    <>
      {answer.type !== undefined && <small>{showText(answer.type)}</small>}
      <pre class="protobuf">{answer.text === "" ? "‹no fields›" : showText(answer.text)}</pre>
    </>
  );
}

/** What knows the names of fields. */
export function DescriptorPicker() {
  return (
    <p class="note">
      {descriptors.value === undefined
        ? "Fields are shown by their numbers. "
        : `Fields are named by ${showText(descriptors.value.name)}. `}
      <label class="link">
        Open a descriptor set…
        <input
          type="file"
          class="visually-hidden"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file !== undefined) void openDescriptors(file);
          }}
        />
      </label>
      {descriptorProblem.value !== undefined && <span class="wrong"> {showText(descriptorProblem.value)}</span>}
    </p>
  );
}
