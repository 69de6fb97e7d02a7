import { useEffect } from "preact/hooks";
import { bytes } from "../format.ts";
import { jobLink } from "../route.ts";
import { useStore } from "../store.ts";
import { strings } from "../strings.ts";
import { unfinished } from "./unfinished.ts";
import {
  abandon,
  cancelUpload,
  dismissUpload,
  isSending,
  pauseUpload,
  resumeUpload,
  retryUpload,
  type Upload,
  uploads,
} from "./uploads.ts";

/** Uploads of this tab, and those that an earlier visit left half done. */
export function UploadList() {
  const list = useStore(uploads);
  const left = useStore(unfinished).filter(({ jobId, fileName, sizeBytes }) => {
    const again = list.some((upload) => upload.file.name === fileName && upload.file.size === sizeBytes);
    return !again && !list.some((upload) => upload.jobId === jobId);
  });
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (isSending()) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, []);
  if (list.length === 0 && left.length === 0) return null;
  return (
    <div class="uploads">
      <h2>{strings.upload.title}</h2>
      {left.map(({ jobId, fileName, sizeBytes }) => (
        <div class="upload left" key={jobId}>
          <p>
            <strong>{strings.upload.unfinished(fileName)}</strong> {strings.upload.unfinishedHint} ({bytes(sizeBytes)})
          </p>
          <button type="button" onClick={() => void abandon(jobId)}>
            {strings.upload.forget}
          </button>
        </div>
      ))}
      <ul>
        {list.map((upload) => (
          <UploadRow key={upload.id} upload={upload} />
        ))}
      </ul>
    </div>
  );
}

function UploadRow({ upload }: { upload: Upload }) {
  const { file, state, sentBytes, error, jobId } = upload;
  return (
    <li class={`upload ${state}`}>
      <div class="what">
        <span class="name">{file.name}</span>
        <span class="state">{stateText(upload)}</span>
      </div>
      {state !== "done" && (
        <progress max={file.size || 1} value={sentBytes} aria-label={strings.upload.progress(file.name)} />
      )}
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <div class="actions">
        {state === "sending" && (
          <button type="button" onClick={() => pauseUpload(upload)}>
            {strings.upload.pause}
          </button>
        )}
        {state === "paused" && (
          <button type="button" onClick={() => resumeUpload(upload)}>
            {strings.upload.resume}
          </button>
        )}
        {state === "failed" && (
          <button type="button" onClick={() => retryUpload(upload.id)}>
            {strings.upload.retry}
          </button>
        )}
        {state === "done" && jobId ? (
          <>
            <a class="button" href={jobLink(jobId)}>
              {strings.upload.open}
            </a>
            <button type="button" onClick={() => dismissUpload(upload.id)}>
              {strings.upload.dismiss}
            </button>
          </>
        ) : (
          <button type="button" onClick={() => cancelUpload(upload)}>
            {strings.upload.cancel}
          </button>
        )}
      </div>
    </li>
  );
}

function stateText({ state, file, sentBytes, resumed }: Upload): string {
  if (state === "waiting") return strings.upload.waiting;
  if (state === "done") return strings.upload.done;
  if (state === "failed") return strings.upload.failed;
  const sent = strings.upload.sending(bytes(sentBytes), bytes(file.size));
  const notes = [
    ...(state === "paused" ? [strings.upload.paused] : []),
    sent,
    ...(resumed ? [strings.upload.resumed] : []),
  ];
  return notes.join(", ");
}
