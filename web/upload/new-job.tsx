import { useState } from "preact/hooks";
import { call, messageOf } from "../api/client.ts";
import { jobLink } from "../route.ts";
import { strings } from "../strings.ts";
import { Problem } from "../ui/problem.tsx";
import { ModelNote } from "./model-note.tsx";
import { defaultChoices, jobOptions, OptionFields } from "./options.tsx";
import { UploadList } from "./upload-list.tsx";
import { addUploads } from "./uploads.ts";

/** Where recordings come in: files that are dropped or chosen, or a link. */
export function NewJob() {
  const [choices, setChoices] = useState(defaultChoices);
  const [over, setOver] = useState(false);
  const [error, setError] = useState<string>();
  const take = (list: FileList | null | undefined) => {
    const files = [...(list ?? [])];
    const options = jobOptions(choices);
    setError(options ? undefined : strings.create.nothing);
    if (options && files.length > 0) addUploads(files, options);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer?.files);
  };
  return (
    <section class="new-job" aria-labelledby="new-job">
      <h1 id="new-job">{strings.create.title}</h1>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is for pointers; the button inside does the same */}
      <div
        class={over ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p>
          {strings.create.drop}, {strings.create.or}{" "}
          <label class="file">
            <input
              type="file"
              multiple
              accept="audio/*,video/*,.mkv,.ogg,.flac,.m4a"
              onChange={(event) => {
                take(event.currentTarget.files);
                // The same file must be choosable again.
                event.currentTarget.value = "";
              }}
            />
            <span>{strings.create.choose}</span>
          </label>
        </p>
      </div>
      <LinkForm
        onSend={(url) => {
          const options = jobOptions(choices);
          if (!options) throw new Error(strings.create.nothing);
          return call<{ jobId: string }>("POST", "/v1/jobs", { body: { url, ...options } });
        }}
        onError={setError}
      />
      <OptionFields choices={choices} onChange={setChoices} />
      {error && <Problem message={error} />}
      <ModelNote />
      <UploadList />
    </section>
  );
}

type LinkProps = {
  onSend: (url: string) => Promise<{ jobId: string }>;
  onError: (message: string | undefined) => void;
};

function LinkForm({ onSend, onError }: LinkProps) {
  const [url, setUrl] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    onError(undefined);
    try {
      const { jobId } = await onSend(url.trim());
      location.hash = jobLink(jobId);
    } catch (error) {
      onError(messageOf(error));
    }
    setBusy(false);
  };
  return (
    <form class="link" onSubmit={submit}>
      <label for="link">{strings.create.link}</label>
      <div class="row">
        <input
          id="link"
          type="url"
          required
          placeholder={strings.create.linkPlaceholder}
          value={url}
          onInput={(event) => setUrl(event.currentTarget.value)}
        />
        <button type="submit" disabled={busy}>
          {strings.create.linkButton}
        </button>
      </div>
    </form>
  );
}
