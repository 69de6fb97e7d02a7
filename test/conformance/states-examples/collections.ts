import type { Answer } from "../../../stacks/local/states/testing/host.ts";
import { type Example, echo, fails, jsonata, lambda } from "./example.ts";

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

export const collections: readonly Example[] = [...parallel, ...maps];
