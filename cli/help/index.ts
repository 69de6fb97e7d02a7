import { commandPages } from "./command-pages.ts";
import { mainPage } from "./main-page.ts";
import { topicPages } from "./topic-pages.ts";

export { commandPages, mainPage, topicPages };

/** The page of a command or topic; the main page where none is named. Undefined for one that there is not. */
export function helpPage(topic: string | undefined): string | undefined {
  if (topic === undefined || topic === "transcribe") return mainPage;
  const pages = { ...commandPages, ...topicPages };
  return Object.hasOwn(pages, topic) ? pages[topic] : undefined;
}

/** Everything that `halfgig help` can be asked for. */
export const helpTopics = [...Object.keys(commandPages), ...Object.keys(topicPages)];
