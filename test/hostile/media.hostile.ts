import { bombs } from "./rows/bombs.ts";
import { containers } from "./rows/containers.ts";
import { speech } from "./rows/speech.ts";
import { streams } from "./rows/streams.ts";
import { runSections } from "./support/run-sections.ts";

// Limits as wide as the largest inputs, so that those are worked on and not turned away.
runSections([containers, streams, bombs, speech], {
  slow: true,
  settings: { MAX_VIDEO_SIZE_MB: "8192", MAX_DURATION_MINUTES: "2200" },
});
