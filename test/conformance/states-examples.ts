import type { Answer } from "../../stacks/local/states/testing/host.ts";

/** One example of a specification: a definition, an input, and what a Step Functions that follows it makes of them. */
export type Example = {
  /** Where it stands: a section of states-language.net/spec.html, or a page of Step Functions' developer guide. */
  source: string;
  name: string;
  definition: object;
  input?: unknown;
  functions?: Record<string, Answer>;
  /** Objects that are there before, by `bucket/key`. */
  objects?: Record<string, string>;
  output?: unknown;
  error?: string;
  /** When each task was started, in seconds after the execution. */
  tasksAtSeconds?: readonly number[];
  endsAtSeconds?: number;
};

const lambda = (name: string, rest: object = {}) => ({
  Type: "Task",
  Resource: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
  ...rest,
});
const jsonata = (startAt: string, states: Record<string, object>, rest: object = {}) => ({
  QueryLanguage: "JSONata",
  StartAt: startAt,
  States: states,
  ...rest,
});
const echo: Answer = (payload) => payload;
/** Fails with these errors in turn, and then answers. */
function fails(...names: string[]): Answer {
  return () => {
    const name = names.shift();
    if (name) throw Object.assign(new Error(name), { errorType: name, errorMessage: name });
    return "at last";
  };
}

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

const delivery = {
  "ship-date": "2016-03-14T01:59:00Z",
  detail: {
    "delivery-partner": "UQS",
    shipped: [
      { prod: "R31", "dest-code": 9511, quantity: 1344 },
      { prod: "S39", "dest-code": 9511, quantity: 40 },
      { prod: "R31", "dest-code": 9833, quantity: 12 },
    ],
  },
};
const parcel = {
  parcel: "{% $states.context.Map.Item.Value %}",
  courier: "{% $states.input.detail.'delivery-partner' %}",
};
const validate = { StartAt: "Validate", States: { Validate: lambda("ship-val", { End: true }) } };
const apart = { ...validate, ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } };
const ratings = "rating,movieId\n4.0,307\n3.5,481\n2.0,1091\n";
const getObject = {
  Resource: "arn:aws:states:::s3:getObject",
  Arguments: { Bucket: "amzn-s3-demo-bucket", Key: "data" },
};
const mapOf = (rest: object, processor: object = apart) =>
  jsonata("Map", { Map: { Type: "Map", ItemProcessor: processor, End: true, ...rest } });

const retryOfTwoKinds = [
  { ErrorEquals: ["ErrorA", "ErrorB"], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 },
  { ErrorEquals: ["ErrorC"], IntervalSeconds: 5 },
];
const recovering = [{ ErrorEquals: ["States.ALL"], Next: "Z" }];
const caught = { Type: "Pass", Output: "{% $states.input.Error %}", End: true };

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

const variables: Example[] = [
  {
    source: "guide: Passing data between states with variables (evaluation order)",
    name: "expressions of one Assign see the values from before it",
    definition: jsonata("A", {
      A: { Type: "Pass", Assign: { x: 3, a: 6 }, Next: "B" },
      B: { Type: "Pass", Assign: { x: "{% $a %}", nextX: "{% $x %}" }, Next: "C" },
      C: { Type: "Pass", Output: { x: "{% $x %}", nextX: "{% $nextX %}" }, End: true },
    }),
    output: { x: 6, nextX: 3 },
  },
  {
    source: "guide: Passing data between states with variables (scope)",
    name: "a branch sees outer variables, and the workflow outside sees none of its own",
    definition: jsonata("S", {
      S: { Type: "Pass", Assign: { x: 1 }, Next: "P" },
      P: {
        Type: "Parallel",
        Branches: [{ StartAt: "I", States: { I: { Type: "Pass", Assign: { y: 2 }, Output: "{% $x %}", End: true } } }],
        Next: "O",
      },
      O: { Type: "Pass", Output: { seen: "{% $states.input %}", y: "{% $exists($y) %}" }, End: true },
    }),
    output: { seen: [1], y: false },
  },
  {
    source: "spec: Output and Assign",
    name: "Output does not see what the same state assigns",
    definition: jsonata("A", {
      A: { Type: "Pass", Assign: { v: 1 }, Next: "B" },
      B: { Type: "Pass", Assign: { v: 2 }, Output: "{% $v %}", End: true },
    }),
    output: 1,
  },
  ...(
    [
      ["$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]],
      ["$range(0, 10, 2)", [0, 2, 4, 6, 8, 10]],
      ["$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"],
      ["$random(7) = $random(7)", true],
      ["$length($uuid())", 36],
      ["$parse('{\"a\": [1]}')", { a: [1] }],
      ["$uppercase($join(['a', 'b'], '-'))", "A-B"],
      ["$merge([{ 'a': 1 }, { 'b': 2 }])", { a: 1, b: 2 }],
    ] as const
  ).map(([expression, output]) => ({
    source: "guide: Transforming data with JSONata (functions)",
    name: expression,
    definition: jsonata("A", { A: { Type: "Pass", Output: `{% ${expression} %}`, End: true } }),
    output,
  })),
  {
    source: "guide: Transforming data with JSONata (functions)",
    name: "$eval is not there",
    definition: jsonata("A", { A: { Type: "Pass", Output: "{% $eval('1') %}", End: true } }),
    error: "States.QueryEvaluationError",
  },
];

const failures: Example[] = [
  {
    source: "spec: Retrying after error",
    name: "each retrier counts for itself: A, B, C wait 1, 2 and 5 s, and another B is too much",
    definition: jsonata("X", { X: lambda("X", { Retry: retryOfTwoKinds, Catch: recovering, End: true }), Z: caught }),
    functions: { X: fails("ErrorA", "ErrorB", "ErrorC", "ErrorB") },
    output: "ErrorB",
    tasksAtSeconds: [0, 1, 3, 8],
  },
  {
    source: "spec: Retrying after error",
    name: "defaults: one second, doubled, three times",
    definition: jsonata("X", { X: lambda("X", { Retry: [{ ErrorEquals: ["States.ALL"] }], End: true }) }),
    functions: { X: fails("E", "E", "E", "E") },
    error: "E",
    tasksAtSeconds: [0, 1, 3, 7],
  },
  {
    source: "spec: Retrying after error",
    name: "MaxDelaySeconds holds the pauses down",
    definition: jsonata("X", {
      X: lambda("X", {
        Retry: [{ ErrorEquals: ["E"], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 4, MaxDelaySeconds: 5 }],
        End: true,
      }),
    }),
    functions: { X: fails("E", "E", "E", "E") },
    output: "at last",
    tasksAtSeconds: [0, 3, 8, 13, 18],
  },
  {
    source: "spec: Fallback states",
    name: "the first catcher that names the error decides",
    definition: jsonata("X", {
      X: lambda("X", {
        Catch: [{ ErrorEquals: ["java.lang.Exception"], Next: "RecoveryState" }, ...recovering],
        End: true,
      }),
      RecoveryState: { Type: "Pass", Output: "recovered", End: true },
      Z: caught,
    }),
    functions: { X: fails("java.lang.Exception") },
    output: "recovered",
  },
  {
    source: "spec: Fallback states",
    name: "Assign and Output of a catcher see $states.errorOutput and the state's input",
    definition: jsonata("X", {
      X: lambda("X", {
        Catch: [
          {
            ErrorEquals: ["States.TaskFailed"],
            Assign: { e: "{% $states.errorOutput.Error %}" },
            Output: "{% $states.input %}",
            Next: "Y",
          },
        ],
        End: true,
      }),
      Y: { Type: "Pass", Output: { e: "{% $e %}", in: "{% $states.input %}" }, End: true },
    }),
    input: 7,
    functions: { X: fails("Oops") },
    output: { e: "Oops", in: 7 },
  },
];

const funWithMath = jsonata("FunWithMath", {
  FunWithMath: {
    Type: "Parallel",
    Branches: [
      { StartAt: "Add", States: { Add: lambda("Add", { End: true }) } },
      { StartAt: "Subtract", States: { Subtract: lambda("Subtract", { End: true }) } },
    ],
    End: true,
  },
});
const math: Record<string, Answer> = { Add: ([a, b]) => a + b, Subtract: ([a, b]) => a - b };

const parallel: Example[] = [
  {
    source: "spec: Parallel State",
    name: "outputs in the order of the branches",
    definition: funWithMath,
    input: [3, 2],
    functions: math,
    output: [5, 1],
  },
  {
    source: "spec: Parallel State",
    name: "a branch that fails fails the state",
    definition: funWithMath,
    input: [3, 2],
    functions: { ...math, Subtract: fails("Bad") },
    error: "Bad",
  },
  {
    source: "spec: Parallel State",
    name: "Arguments are the input of every branch",
    definition: jsonata("P", {
      P: {
        Type: "Parallel",
        Arguments: { only: "{% $states.input.a %}" },
        Branches: [
          { StartAt: "L", States: { L: { Type: "Pass", End: true } } },
          { StartAt: "R", States: { R: { Type: "Wait", Seconds: 3, End: true } } },
        ],
        Output: "{% $states.result %}",
        End: true,
      },
    }),
    input: { a: 1, b: 2 },
    output: [{ only: 1 }, { only: 1 }],
    endsAtSeconds: 3,
  },
];

const maps: Example[] = [
  {
    source: "spec: Map State",
    name: "Validate-All: Items and ItemSelector",
    definition: mapOf(
      { Items: "{% $states.input.detail.shipped %}", ItemSelector: parcel, MaxConcurrency: 0 },
      validate,
    ),
    input: delivery,
    functions: { "ship-val": echo },
    output: delivery.detail.shipped.map((item) => ({ parcel: item, courier: "UQS" })),
  },
  {
    source: "spec: Map State",
    name: "no items, no iterations",
    definition: mapOf({ Items: "{% [] %}" }, validate),
    output: [],
  },
  {
    source: "guide: ItemReader (CSV, FIRST_ROW)",
    name: "rows are objects of strings",
    definition: mapOf({
      ItemReader: { ...getObject, ReaderConfig: { InputType: "CSV", CSVHeaderLocation: "FIRST_ROW" } },
    }),
    objects: { "amzn-s3-demo-bucket/data": ratings },
    functions: { "ship-val": echo },
    output: [
      { rating: "4.0", movieId: "307" },
      { rating: "3.5", movieId: "481" },
      { rating: "2.0", movieId: "1091" },
    ],
  },
  {
    source: "guide: ItemReader (MaxItems)",
    name: "no more items than that",
    definition: mapOf({
      ItemReader: { ...getObject, ReaderConfig: { InputType: "CSV", CSVHeaderLocation: "FIRST_ROW", MaxItems: 2 } },
      ItemSelector: { id: "{% $states.context.Map.Item.Value.movieId %}" },
    }),
    objects: { "amzn-s3-demo-bucket/data": ratings },
    functions: { "ship-val": echo },
    output: [{ id: "307" }, { id: "481" }],
  },
  {
    source: "guide: ItemBatcher",
    name: "MaxItemsPerBatch and BatchInput",
    definition: mapOf({
      ItemReader: { ...getObject, ReaderConfig: { InputType: "JSON" } },
      ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { factCheck: "{% $states.input.when %}" } },
    }),
    input: { when: "December 2022" },
    objects: { "amzn-s3-demo-bucket/data": '[{"id":1},{"id":2},{"id":3}]' },
    functions: { "ship-val": echo },
    output: [
      { BatchInput: { factCheck: "December 2022" }, Items: [{ id: 1 }, { id: 2 }] },
      { BatchInput: { factCheck: "December 2022" }, Items: [{ id: 3 }] },
    ],
  },
  {
    source: "guide: ResultWriter",
    name: "the output is where the results are",
    definition: mapOf({
      Items: "{% [1, 2] %}",
      ResultWriter: {
        Resource: "arn:aws:states:::s3:putObject",
        Arguments: { Bucket: "amzn-s3-demo-bucket", Prefix: "csvProcessJobs" },
      },
      Output:
        "{% $replace($states.result.ResultWriterDetails.Bucket & '/' & $states.result.ResultWriterDetails.Key, /[0-9a-f-]{36}/, 'UUID') %}",
    }),
    functions: { "ship-val": echo },
    output: "amzn-s3-demo-bucket/csvProcessJobs/UUID/manifest.json",
  },
  {
    source: "guide: Setting failure thresholds for Distributed Map states",
    name: "one failure is tolerated, two are not",
    definition: mapOf({ Items: "{% $states.input %}", ToleratedFailureCount: 1 }),
    input: [1, 2, 3],
    functions: { "ship-val": fails("Bad", "Bad") },
    error: "States.ExceedToleratedFailureThreshold",
  },
];

/** Made from the text of the specification and of the guide, not from what the interpreter does. */
export const examples: readonly Example[] = [
  ...structure,
  ...choices,
  ...waits,
  ...variables,
  ...failures,
  ...parallel,
  ...maps,
];
