import { useEffect, useMemo, useState } from "preact/hooks";
import { formatBytes, showText } from "../text/format.ts";
import { bytesOf, type Fields, numberOf, textOf } from "./document-fields.ts";
import { formFields } from "./form-fields.ts";
import { PairTable } from "./header-table.tsx";
import { HexView } from "./hex-view.tsx";
import { JsonTree } from "./json-tree.tsx";
import { MarkedText } from "./marked-text.tsx";
import { ProtobufView } from "./protobuf-view.tsx";

/** Characters that are shown at once; a button shows more. */
const MAX_SHOWN = 256 * 1024;

type Form = "pretty" | "raw" | "hex" | "preview";

interface BodyViewProps {
  readonly body: Fields;
  readonly headers: readonly Fields[];
  readonly hidden: boolean;
  readonly side: "request" | "response";
  /** Why it is not whole, where it is not. */
  readonly cut: string;
}

/** A body in the forms that it can be looked at in. */
export function BodyView({ body, headers, hidden, side, cut }: BodyViewProps) {
  const size = numberOf(body, "size") ?? 0;
  const bytes = useMemo(() => bytesOf(body), [body]);
  const type = typeOf(headers);
  const forms = formsOf(type, bytes);
  const [chosen, choose] = useState<Form>();
  if (hidden && size > 0) return <p class="note">{formatBytes(size)} of body: the role admin may see it.</p>;
  if (bytes === undefined || size === 0)
    return size === 0 ? (
      <p class="note">No body.</p>
    ) : (
      <p class="note">{formatBytes(size)} of body, none of it was kept.</p>
    );
  const form = chosen !== undefined && forms.includes(chosen) ? chosen : forms[0]!;
  const decoded = textOf(body, "decodedFrom");
  return (
    <section class="body" aria-label="Body">
      <div class="forms" role="group" aria-label="Form of the body">
        {forms.map((one) => (
          <button key={one} type="button" aria-pressed={one === form} onClick={() => choose(one)}>
            {one}
          </button>
        ))}
        <small>
          {formatBytes(size)} {type}
          {decoded === undefined ? "" : `, decoded from ${decoded}`}
        </small>
      </div>
      {body["truncated"] === true && (
        <p class="cut">
          Cut: {formatBytes(bytes.length)} of {formatBytes(size)} were kept ({showText(cut)}).
        </p>
      )}
      <BodyForm form={form} type={type} bytes={bytes} side={side} />
    </section>
  );
}

interface BodyFormProps extends Pick<BodyViewProps, "side"> {
  readonly form: Form;
  readonly type: string;
  readonly bytes: Uint8Array;
}

function BodyForm({ form, type, bytes, side }: BodyFormProps) {
  const of = `${side}.body`;
  if (form === "hex") return <HexView bytes={bytes} />;
  if (form === "preview") return <Preview type={type} bytes={bytes} />;
  const text = new TextDecoder().decode(bytes);
  if (form === "pretty" && /json/.test(type)) return <JsonTree key={text} text={text} of={of} />;
  if (form === "pretty" && /form-urlencoded/.test(type)) return <PairTable title="Form" pairs={formFields(text, of)} />;
  if (form === "pretty" && PROTOBUF.test(type)) return <ProtobufView bytes={bytes} from="server" />;
  return <LongText text={text} of={of} />;
}

function LongText({ text, of }: { text: string; of: string }) {
  const [shown, setShown] = useState(MAX_SHOWN);
  return (
    <>
      <pre class="text">
        <MarkedText text={text.slice(0, shown)} of={of} />
      </pre>
      {text.length > shown && (
        <button type="button" onClick={() => setShown(shown + MAX_SHOWN)}>
          Show more ({formatBytes(text.length - shown)} left)
        </button>
      )}
    </>
  );
}

/** Images as images; HTML in a frame that runs nothing and has no origin. */
function Preview({ type, bytes }: { type: string; bytes: Uint8Array }) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  if (address === undefined) return null;
  if (type.startsWith("image/")) return <img class="preview" src={address} alt="What the body shows" />;
  return <iframe class="preview" sandbox="" src={address} title="The body, as a page" />;
}

const PROTOBUF = /^application\/(?:x-|vnd\.google\.)?protobuf$/;
const IMAGES = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;

function formsOf(type: string, bytes: Uint8Array | undefined): Form[] {
  if (IMAGES.test(type)) return ["preview", "hex"];
  const isText = bytes !== undefined && !bytes.subarray(0, 4096).includes(0);
  if (PROTOBUF.test(type)) return ["pretty", "hex"];
  if (/json|form-urlencoded/.test(type)) return ["pretty", "raw", "hex"];
  if (type === "text/html") return ["raw", "preview", "hex"];
  return isText ? ["raw", "hex"] : ["hex", "raw"];
}

function typeOf(headers: readonly Fields[]): string {
  const header = headers.find((one) => textOf(one, "name")?.toLowerCase() === "content-type");
  return (header === undefined ? undefined : textOf(header, "value"))?.split(";")[0]?.trim().toLowerCase() ?? "";
}
