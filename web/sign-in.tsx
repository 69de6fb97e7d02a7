import { useState } from "preact/hooks";
import { ApiError } from "./api/client.ts";
import { signIn } from "./session.ts";
import { strings } from "./strings.ts";
import { Problem } from "./ui/problem.tsx";

export function SignIn() {
  const [error, setError] = useState<string>();
  const [text, setText] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(undefined);
    const given = text.trim();
    try {
      // Tried before it is kept: a wrong token would end the session at once.
      const reply = await fetch("/v1/jobs?limit=1", { headers: { authorization: `Bearer ${given}` } });
      if (reply.status === 401 || reply.status === 403) setError(strings.signIn.refused);
      else signIn(given);
    } catch {
      setError(new ApiError(0, "network", strings.errors.network).message);
    }
  };
  return (
    <section class="sign-in">
      <h1>{strings.signIn.title}</h1>
      <p>{strings.signIn.lead}</p>
      <form onSubmit={submit}>
        <label>
          {strings.signIn.label}
          <input
            type="password"
            autocomplete="off"
            required
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          {strings.signIn.button}
        </button>
      </form>
      <p class="hint">{strings.signIn.hint}</p>
      {error && <Problem message={error} />}
    </section>
  );
}
