const f = "arn:aws:lambda:us-east-1:000000000000:function:f";

/** Sixty children and a task behind them. */
export const longJob = {
  QueryLanguage: "JSONata",
  StartAt: "Wide",
  States: {
    Wide: {
      Type: "Map",
      ItemReader: {
        Resource: "arn:aws:states:::s3:getObject",
        ReaderConfig: { InputType: "JSONL" },
        Arguments: { Bucket: "b", Key: "k" },
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
        StartAt: "Item",
        States: { Item: { Type: "Task", Resource: f, End: true } },
      },
      Next: "Last",
    },
    Last: { Type: "Task", Resource: f, Arguments: { sum: "{% $sum($states.input) %}" }, End: true },
  },
};
