import { Store } from "./store.ts";

const storageName = "halfgig.token";

/** The access token, for as long as the tab is open. */
export const token = new Store<string | undefined>(sessionStorage.getItem(storageName) ?? undefined);

export function signIn(text: string): void {
  sessionStorage.setItem(storageName, text);
  token.set(text);
}

export function signOut(): void {
  sessionStorage.removeItem(storageName);
  token.set(undefined);
}

/** A link may bring the token behind `#token=`. It must not stay where it is seen, kept and shared. */
export function takeTokenFromAddress(): void {
  const match = /^#token=([^&]+)(?:&to=(.*))?$/.exec(location.hash);
  if (!match?.[1]) return;
  signIn(decodeURIComponent(match[1]));
  const to = match[2] ? decodeURIComponent(match[2]) : "/";
  history.replaceState(null, "", `${location.pathname}#${to.startsWith("/") ? to : "/"}`);
}
