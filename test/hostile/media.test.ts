import { containers } from "./rows/containers.ts";
import { runSections } from "./support/run-sections.ts";

runSections([containers], { slow: false });
