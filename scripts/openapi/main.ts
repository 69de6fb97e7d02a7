import { writeFile } from "node:fs/promises";
import { documentPath, documentText } from "./document.ts";

// npm run openapi: writes the description that GET /openapi.json serves.
await writeFile(documentPath, documentText());
