import { type Example, jsonata, lambda } from "./example.ts";

const choiceStateX = jsonata("ChoiceStateX", {
  ChoiceStateX: {
    Type: "Choice",
    Choices: [
      { Condition: "{% $not($states.input.type = 'Private') %}", Next: "Public" },
      { Condition: "{% $states.input.value = 0 %}", Next: "ValueIsZero" },
      { Condition: "{% $states.input.value >= 20 and $states.input.value < 30 %}", Next: "ValueInTwenties" },
    ],
    Default: "DefaultState",
  },
  Public: { Type: "Pass", Output: "public", End: true },
  ValueIsZero: { Type: "Pass", Output: "zero", End: true },
  ValueInTwenties: { Type: "Pass", Output: "twenties", End: true },
  DefaultState: { Type: "Fail", Cause: "No Matches!" },
});

const structure: Example[] = [
  {
    source: "spec: Example: Hello World",
    name: "one task, which gets the input and gives the output",
    definition: jsonata("Hello World", { "Hello World": lambda("HelloWorld", { End: true }) }),
    input: { who: "world" },
    functions: { HelloWorld: ({ who }) => `Hello, ${who}` },
    output: "Hello, world",
  },
  {
    source: "spec: Pass State",
    name: "a fixed output",
    definition: jsonata("No-op", {
      "No-op": { Type: "Pass", Output: { "x-datum": 0.381018, "y-datum": 622.2269926397355 }, End: true },
    }),
    output: { "x-datum": 0.381018, "y-datum": 622.2269926397355 },
  },
  {
    source: "spec: Succeed State",
    name: "succeeds with its input, or with Output",
    definition: jsonata("A", { A: { Type: "Succeed", Output: { got: "{% $states.input %}" } } }),
    input: [1],
    output: { got: [1] },
  },
  {
    source: "spec: Fail State",
    name: "Error and Cause may be expressions",
    definition: jsonata("A", { A: { Type: "Fail", Error: "{% $states.input.name %}", Cause: "Kaiju attack" } }),
    input: { name: "ErrorA" },
    error: "ErrorA",
  },
  {
    source: "spec: Transitions",
    name: "a state may be entered again and again",
    definition: jsonata("Count", {
      Count: { Type: "Pass", Output: "{% $states.input + 1 %}", Next: "Enough" },
      Enough: { Type: "Choice", Choices: [{ Condition: "{% $states.input >= 3 %}", Next: "Done" }], Default: "Count" },
      Done: { Type: "Succeed" },
    }),
    input: 0,
    output: 3,
  },
];

const choices: Example[] = [
  ...(
    [
      [{ type: "Public", value: 1 }, "public"],
      [{ type: "Private", value: 0 }, "zero"],
      [{ type: "Private", value: 22 }, "twenties"],
    ] as const
  ).map(([input, output]) => ({
    source: "spec: Choice State",
    name: `takes ${output}`,
    definition: choiceStateX,
    input,
    output,
  })),
  {
    source: "spec: Choice State",
    name: "takes the default, which fails",
    definition: choiceStateX,
    input: { type: "Private", value: 30 },
    error: "",
  },
  {
    source: "spec: Choice State",
    name: "no rule and no default: States.NoChoiceMatched",
    definition: jsonata("C", {
      C: { Type: "Choice", Choices: [{ Condition: "{% $states.input = 1 %}", Next: "Z" }] },
      Z: { Type: "Succeed" },
    }),
    input: 2,
    error: "States.NoChoiceMatched",
  },
  {
    source: "spec: Choice State",
    name: "a Condition that is no boolean: States.QueryEvaluationError",
    definition: jsonata("C", {
      C: { Type: "Choice", Choices: [{ Condition: "{% 'true' %}", Next: "Z" }] },
      Z: { Type: "Succeed" },
    }),
    error: "States.QueryEvaluationError",
  },
];

const waits: Example[] = [
  ...(
    [
      ["Seconds", { Seconds: 10 }],
      ["Seconds by an expression", { Seconds: "{% $states.input.s %}" }],
      ["Timestamp", { Timestamp: "2026-01-01T00:00:10Z" }],
      ["Timestamp by an expression", { Timestamp: "{% $states.input.expirydate %}" }],
    ] as const
  ).map(([name, wait]) => ({
    source: "spec: Wait State",
    name,
    definition: jsonata("wait", { wait: { Type: "Wait", ...wait, End: true } }),
    input: { s: 10, expirydate: "2026-01-01T00:00:10Z" },
    output: { s: 10, expirydate: "2026-01-01T00:00:10Z" },
    endsAtSeconds: 10,
  })),
];

export const control: readonly Example[] = [...structure, ...choices, ...waits];
