import { useEffect, useRef } from "preact/hooks";
import { Header } from "./header.tsx";
import { JobView } from "./job/job-view.tsx";
import { FilesView } from "./jobs/files-view.tsx";
import { MachineView } from "./machine/machine-view.tsx";
import { SearchView } from "./search/search-view.tsx";
import { token } from "./session.ts";
import { SignIn } from "./sign-in.tsx";
import { useStore } from "./store.ts";
import { strings } from "./strings.ts";
import { useRoute } from "./use-route.ts";

export function App() {
  const signedIn = useStore(token) !== undefined;
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const place = route.view === "job" ? route.jobId : route.view;
  const shown = useRef(place);
  // Who follows a link by keyboard or by ear is taken to what it leads to.
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [place]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {strings.skip}
      </button>
      <Header signedIn={signedIn} route={route} />
      <main id="main" ref={main} tabIndex={-1}>
        {!signedIn ? (
          <SignIn />
        ) : route.view === "job" ? (
          <JobView key={route.jobId} jobId={route.jobId} atMs={route.atMs} />
        ) : route.view === "search" ? (
          <SearchView query={route.query} ask={route.ask} />
        ) : route.view === "machine" ? (
          <MachineView />
        ) : (
          <FilesView />
        )}
      </main>
    </>
  );
}
