import { languageName } from "../format.ts";
import { strings } from "../strings.ts";

export type TextTask = "transcribe" | "translate" | "language" | "none";
export type Choices = { text: TextTask; voice: boolean; words: boolean; language: string };

export const defaultChoices: Choices = { text: "transcribe", voice: false, words: true, language: "" };

/** The languages of the original Whisper models' cards that most recordings are in; the rest is found out. */
const codes =
  "ar bg ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru sk sl sv ta th tr uk ur vi zh";
const languages = codes
  .split(" ")
  .map((code) => ({ code, name: languageName(code) }))
  .sort((a, b) => a.name.localeCompare(b.name));

/** What the API takes for these choices; undefined where nothing is left to do. */
export function jobOptions({ text, voice, words, language }: Choices): Record<string, unknown> | undefined {
  const tasks = [...(text === "none" ? [] : [text]), ...(voice ? ["voice"] : [])];
  if (tasks.length === 0) return undefined;
  const isText = text === "transcribe" || text === "translate";
  return { tasks, ...(isText && words ? { words } : {}), ...(isText && language ? { language } : {}) };
}

export function OptionFields({ choices, onChange }: { choices: Choices; onChange: (choices: Choices) => void }) {
  const isText = choices.text === "transcribe" || choices.text === "translate";
  return (
    <details class="options">
      <summary>{strings.create.options}</summary>
      <div class="fields">
        <label>
          {strings.create.text}
          <select
            value={choices.text}
            onChange={(event) => onChange({ ...choices, text: event.currentTarget.value as TextTask })}
          >
            {Object.entries(strings.create.tasks).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {strings.create.language}
          <select
            value={choices.language}
            disabled={!isText}
            onChange={(event) => onChange({ ...choices, language: event.currentTarget.value })}
          >
            <option value="">{strings.create.detect}</option>
            {languages.map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={choices.words}
            disabled={!isText}
            onChange={(event) => onChange({ ...choices, words: event.currentTarget.checked })}
          />
          {strings.create.words}
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={choices.voice}
            onChange={(event) => onChange({ ...choices, voice: event.currentTarget.checked })}
          />
          {strings.create.voice}
        </label>
      </div>
    </details>
  );
}
