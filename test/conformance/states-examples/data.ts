import { type Example, jsonata } from "./example.ts";

export const variables: Example[] = [
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
