import { expect, it } from "vitest";
import { statesPassed } from "../../layers/plan/index.ts";
import { mediaWorkflow } from "../../stacks/app/index.ts";

type State = { Type: string; Next?: string; Default?: string };

it("plans with the states that a file passes in the definition, in their order", () => {
  const { StartAt, States } = mediaWorkflow({
    functionArn: (name) => name,
    resultsBucket: "results",
    maxConcurrency: 1,
  });
  const passed: string[] = [];
  for (let name: string | undefined = StartAt; name !== undefined; ) {
    passed.push(name);
    const { Next, Default }: State = (States as Record<string, State>)[name]!;
    // A file with speech, in windows; every other choice goes its default way.
    name = name === "Recognition" ? "Windows" : (Next ?? Default);
  }
  expect(passed).toEqual(Object.values(statesPassed).flat());
});
