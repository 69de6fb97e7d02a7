import type { State } from "./definition/types.ts";
import { StatesError } from "./errors.ts";
import type { ResumedState } from "./journal/replay.ts";
import type { Json, JsonObject } from "./json.ts";
import { evaluate } from "./jsonata.ts";
import type { Scope } from "./scope.ts";
import { attemptKey } from "./scope-key.ts";

/** One visit of a scope to one of its states. */
export class Step<S extends State = State> {
  readonly scope: Scope;
  readonly name: string;
  readonly state: S;
  readonly entered: ResumedState;
  readonly signal: AbortSignal;

  constructor(scope: Scope, state: S, entered: ResumedState, signal: AbortSignal) {
    this.scope = scope;
    this.name = entered.name;
    this.state = state;
    this.entered = entered;
    this.signal = signal;
  }

  get input(): Json {
    return this.entered.input;
  }

  /** Key of what the current attempt runs inside. */
  get attempt(): string {
    return attemptKey(this.scope.key, this.scope.visit, this.entered.retries.total);
  }

  /**
   * Evaluates a field of the state.
   * @param extra members of `$states` beside `input` and `context`: `result`, `errorOutput`.
   * @param context members of the context object beside the usual ones.
   */
  async evaluate(location: string, template: Json, extra: JsonObject = {}, context: JsonObject = {}): Promise<Json> {
    const states = { input: this.input, context: { ...this.context(), ...context }, ...extra };
    try {
      return await evaluate(template, { states, variables: this.scope.variables() }, location);
    } catch (error) {
      if (error instanceof StatesError) {
        this.scope.note({
          type: "EvaluationFailed",
          evaluationFailedEventDetails: {
            error: error.error,
            cause: error.causeText,
            location,
            state: this.name,
          },
        });
      }
      throw error;
    }
  }

  /** A numeric field: a number, or an expression of one. */
  async number(location: string, template: number | string, atLeast: number): Promise<number> {
    const value = await this.evaluate(location, template);
    if (typeof value === "number" && Number.isFinite(value) && value >= atLeast) return value;
    throw new StatesError(
      "States.QueryEvaluationError",
      `The field '${location}' of the state '${this.name}' must be a number of at least ${atLeast}; it is ${JSON.stringify(value)}.`,
    );
  }

  context(): JsonObject {
    return {
      ...this.scope.execution.context(),
      State: {
        Name: this.name,
        EnteredTime: this.entered.enteredAt,
        RetryCount: this.entered.retries.total,
      },
      ...this.scope.context,
    };
  }
}
