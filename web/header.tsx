import { filesLink, machineLink, type Route, searchLink } from "./route.ts";
import { signOut } from "./session.ts";
import { strings } from "./strings.ts";

export function Header({ signedIn, route }: { signedIn: boolean; route: Route }) {
  const here = (view: Route["view"]) => (route.view === view ? "page" : undefined);
  return (
    <header class="top">
      <a class="mark" href={filesLink}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect x="3" y="3" width="26" height="26" rx="7" />
          <path d="M3 16h26v6a7 7 0 0 1-7 7H10a7 7 0 0 1-7-7z" />
        </svg>
        {strings.name}
      </a>
      {signedIn && (
        <nav aria-label={strings.nav.label}>
          <a href={filesLink} aria-current={here("files")}>
            {strings.nav.files}
          </a>
          <a href={searchLink()} aria-current={here("search")}>
            {strings.nav.search}
          </a>
          <a href={machineLink} aria-current={here("machine")}>
            {strings.nav.machine}
          </a>
          <button type="button" class="quiet" onClick={signOut}>
            {strings.nav.signOut}
          </button>
        </nav>
      )}
    </header>
  );
}
