import validate from "asl-validator";
import { MediaError } from "../../../../layers/core/index.ts";
import { isObject } from "../json.ts";
import { compile, isExpression } from "../jsonata.ts";
import type { MapState, State, StateMachine } from "./types.ts";
import { isDistributed } from "./types.ts";

export const lambdaInvoke = "arn:aws:states:::lambda:invoke";
const functionArn = /^arn:aws[\w-]*:lambda:[^:]*:[^:]*:function:[^:]+(:[^:]+)?$/;
const readers = ["arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"];
const writers = ["arn:aws:states:::s3:putObject"];
const inputTypes = ["JSON", "JSONL", "CSV"];

/** asl-validator compiles its schemas for every definition, which takes a large part of a second. */
const knownValid = new Set<string>();

/**
 * Takes in a state machine's ASL, or refuses it with the reason: it is not valid ASL, an expression is not JSONata, or
 * it uses something that this host does not run.
 * @throws MediaError `config.invalid`
 */
export function parseDefinition(name: string, definition: unknown): StateMachine {
  const refuse = (reason: string): never => {
    throw new MediaError("config.invalid", `The state machine "${name}" cannot run here: ${reason}`, {
      context: { stateMachine: name },
    });
  };
  if (!isObject(definition)) return refuse("its definition is not a JSON object.");
  if (definition.QueryLanguage !== "JSONata") {
    return refuse('its query language is JSONPath. Set "QueryLanguage": "JSONata" and use JSONata in every state.');
  }
  const text = JSON.stringify(definition);
  if (!knownValid.has(text)) {
    const checked = validate(acceptable(structuredClone(definition)));
    if (!checked.isValid) return refuse(`it is not valid Amazon States Language.\n${validationText(checked.errors)}`);
    knownValid.add(text);
  }

  const machine = structuredClone(definition) as unknown as StateMachine;
  for (const problem of problemsOf(machine)) refuse(problem);
  return machine;
}

/**
 * asl-validator wants an `Output` string to be an expression, but "Output accepts any JSON value": a plain string is
 * shown to it as the expression of that string.
 */
function acceptable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(acceptable);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) =>
      key === "Output" && typeof part === "string" && !isExpression(part)
        ? [key, `{% ${JSON.stringify(part)} %}`]
        : [key, acceptable(part)],
    ),
  );
}

function validationText(errors: readonly unknown[]): string {
  return errors
    .slice(0, 8)
    .map((error) => {
      // Its own findings have a Message, those of its JSON schema an instancePath and a message.
      const { Message, instancePath = "", message = JSON.stringify(error) } = isObject(error) ? error : {};
      return `- ${Message ?? `${instancePath} ${message}`}`;
    })
    .join("\n");
}

function* problemsOf(machine: StateMachine): Generator<string> {
  for (const [name, state] of Object.entries(machine.States)) {
    if (state.QueryLanguage === "JSONPath") yield `the state "${name}" uses JSONPath; only JSONata is run.`;
    yield* expressionProblems(state, name);
    yield* stateProblems(name, state);
  }
}

function* stateProblems(name: string, state: State): Generator<string> {
  if (state.Type === "Task" && state.Resource !== lambdaInvoke && !functionArn.test(state.Resource)) {
    yield `the state "${name}" uses the resource "${state.Resource}"; use "${lambdaInvoke}" or a Lambda function's ARN.`;
  } else if (state.Type === "Parallel") {
    for (const branch of state.Branches) yield* problemsOf(branch);
  } else if (state.Type === "Map") {
    yield* mapProblems(name, state);
    yield* problemsOf(state.ItemProcessor);
  }
}

function* mapProblems(name: string, state: MapState): Generator<string> {
  const { ItemReader, ResultWriter } = state;
  const distributedOnly = ["ItemReader", "ItemBatcher", "ResultWriter"] as const;
  const misplaced = distributedOnly.find((field) => state[field] !== undefined);
  if (misplaced && !isDistributed(state)) yield `the Map "${name}" has ${misplaced}, which needs the mode DISTRIBUTED.`;
  if (ItemReader && !readers.includes(ItemReader.Resource)) {
    yield `the Map "${name}" reads items with "${ItemReader.Resource}"; use ${readers.join(" or ")}.`;
  }
  const inputType = ItemReader?.ReaderConfig?.InputType;
  if (inputType !== undefined && !inputTypes.includes(inputType)) {
    yield `the Map "${name}" reads items of the type ${inputType}; use ${inputTypes.join(", ")}.`;
  }
  if (ResultWriter && !writers.includes(ResultWriter.Resource)) {
    yield `the Map "${name}" writes results with "${ResultWriter.Resource}"; use ${writers.join(" or ")}.`;
  }
  if (ResultWriter && "WriterConfig" in ResultWriter)
    yield `the Map "${name}" has a WriterConfig, which is not run here.`;
}

function* expressionProblems(value: unknown, path: string): Generator<string> {
  if (isExpression(value)) {
    try {
      compile(value);
    } catch (error) {
      yield `the expression ${value} at "${path}" is not JSONata: ${(error as Error).message}`;
    }
  } else if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) yield* expressionProblems(part, `${path}/${index}`);
  } else if (isObject(value)) {
    // Nested machines are walked state by state.
    for (const [key, part] of Object.entries(value)) {
      if (key !== "States") yield* expressionProblems(part, `${path}/${key}`);
    }
  }
}
