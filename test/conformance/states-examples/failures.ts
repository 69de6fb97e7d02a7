import { type Example, fails, jsonata, lambda } from "./example.ts";

const retryOfTwoKinds = [
  { ErrorEquals: ["ErrorA", "ErrorB"], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 },
  { ErrorEquals: ["ErrorC"], IntervalSeconds: 5 },
];
const recovering = [{ ErrorEquals: ["States.ALL"], Next: "Z" }];
const caught = { Type: "Pass", Output: "{% $states.input.Error %}", End: true };

export const failures: Example[] = [
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
