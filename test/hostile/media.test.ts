import { bombs } from "./rows/bombs.ts";
import { containers } from "./rows/containers.ts";
import { speech } from "./rows/speech.ts";
import { streams } from "./rows/streams.ts";
import { runSections } from "./support/run-sections.ts";

// The fast half: rows that are not marked as slow. `npm run test:hostile` runs all of them.
runSections([containers, streams, bombs, speech], { slow: false });
