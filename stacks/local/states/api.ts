import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { parseChildName, parseExecutionArn, stateMachineArn } from "./arns.ts";
import { StatesServiceError } from "./errors.ts";
import type { StatesService } from "./service.ts";

export type StatesApiOptions = {
  /**
   * Whether the caller with this SigV4 access key may do this (`states:StartExecution`) to this resource. Without a
   * signature the key is undefined.
   */
  authorize(accessKeyId: string | undefined, action: string, resourceArn: string): boolean;
};

const target = /^AWSStepFunctions\.(\w+)$/;
/** The input may have 256 KiB, and every character of it may be escaped in the request. */
const maxBodyBytes = 2 * 2 ** 20;

const status = z.enum(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]);
/** AWS: "The default is 100 and the maximum allowed page size is 1000. A value of 0 uses the default." */
const maxResults = z
  .int()
  .min(0)
  .max(1000)
  .default(0)
  .transform((asked) => asked || 100);
const nextToken = z.string().optional();
const executionRequest = z.object({ executionArn: z.string() });

type Operation = (service: StatesService, body: unknown) => { resource: string; run(): unknown };

const operations: Record<string, Operation> = {
  StartExecution: (service, body) => {
    const request = z
      .object({ stateMachineArn: z.string(), name: z.string().optional(), input: z.string().default("{}") })
      .parse(body);
    return {
      resource: request.stateMachineArn,
      run: () =>
        service.startExecution({
          machine: request.stateMachineArn,
          ...(request.name === undefined ? {} : { name: request.name }),
          input: parseInput(request.input),
        }),
    };
  },
  DescribeExecution: (service, body) => {
    const request = executionRequest.parse(body);
    return { resource: request.executionArn, run: () => service.describeExecution(request.executionArn) };
  },
  GetExecutionHistory: (service, body) => {
    const {
      executionArn: arn,
      reverseOrder,
      ...page
    } = z
      .object({ executionArn: z.string(), reverseOrder: z.boolean().default(false), maxResults, nextToken })
      .parse(body);
    return { resource: arn, run: () => service.getExecutionHistory(arn, { ...optional(page), reverse: reverseOrder }) };
  },
  ListExecutions: (service, body) => {
    const {
      stateMachineArn: machine,
      mapRunArn,
      statusFilter,
      ...page
    } = z
      .object({
        stateMachineArn: z.string().optional(),
        mapRunArn: z.string().optional(),
        statusFilter: status.optional(),
        maxResults,
        nextToken,
      })
      .refine((request) => (request.stateMachineArn === undefined) !== (request.mapRunArn === undefined), {
        message: "either stateMachineArn or mapRunArn must be given",
      })
      .parse(body);
    const of = mapRunArn === undefined ? machine! : { mapRunArn };
    return {
      resource: mapRunArn ?? machine!,
      run: () => service.listExecutions(of, optional({ ...page, status: statusFilter })),
    };
  },
  StopExecution: (service, body) => {
    const { executionArn: arn, ...reason } = executionRequest
      .extend({ error: z.string().optional(), cause: z.string().optional() })
      .parse(body);
    return {
      resource: arn,
      run: () => {
        const { label, name } = parseExecutionArn(arn) ?? {};
        if (label !== undefined && name !== undefined && parseChildName(name)) {
          throw new StatesServiceError(
            "ValidationException",
            "A child of a Map cannot be stopped alone; stop its execution.",
          );
        }
        return service.stopExecution(arn, optional(reason));
      },
    };
  },
  DescribeStateMachine: (service, body) => {
    const request = z.object({ stateMachineArn: z.string() }).parse(body);
    const describe = () => ({
      ...service.describeStateMachine(request.stateMachineArn),
      status: "ACTIVE",
      type: "STANDARD",
      roleArn: `arn:aws:iam::${service.partition.accountId}:role/halfgig-states`,
    });
    return { resource: request.stateMachineArn, run: describe };
  },
  ListStateMachines: (service) => ({
    resource: stateMachineArn(service.partition, "*"),
    run: () => ({
      stateMachines: service
        .listStateMachines()
        .map(({ definition: _, ...machine }) => ({ ...machine, type: "STANDARD" })),
    }),
  }),
};

/**
 * The Step Functions API over HTTP: AWS JSON 1.0, `X-Amz-Target: AWSStepFunctions.<Operation>`.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function createStatesApi(
  service: StatesService,
  options: StatesApiOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(service, options, request)
      .then((body) => send(response, 200, body))
      .catch((error: unknown) => sendError(response, error));
  };
}

async function answer(service: StatesService, options: StatesApiOptions, request: IncomingMessage): Promise<unknown> {
  const name = target.exec(String(request.headers["x-amz-target"] ?? ""))?.[1] ?? "";
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (request.method !== "POST" || !operation) {
    throw new StatesServiceError("UnknownOperationException", `This host does not know the operation "${name}".`);
  }
  const { resource, run } = operation(service, await readJson(request));
  const action = `states:${name}`;
  if (!options.authorize(accessKeyOf(request), action, resource)) {
    throw new StatesServiceError("AccessDeniedException", `This access key may not do ${action} on ${resource}.`);
  }
  return withEpochSeconds(await run());
}

/** The first part of the SigV4 credential scope. Whether the signature is right is the hook's business. */
function accessKeyOf(request: IncomingMessage): string | undefined {
  return /\bCredential=([^/,\s]+)\//.exec(request.headers.authorization ?? "")?.[1];
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBodyBytes) throw new StatesServiceError("ValidationException", "The request is too large.");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
  } catch {
    throw new StatesServiceError("ValidationException", "The request's body is not JSON.");
  }
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StatesServiceError("InvalidExecutionInput", "The input is not JSON.");
  }
}

/** Leaves out members that are undefined. */
function optional<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

const dateMembers = new Set(["startDate", "stopDate", "creationDate", "timestamp"]);

/** AWS JSON carries dates as epoch seconds. Inputs and outputs are texts, so no member of theirs is touched. */
function withEpochSeconds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withEpochSeconds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      if (key === "assignedVariables") return [key, part];
      return [key, dateMembers.has(key) && typeof part === "string" ? Date.parse(part) / 1000 : withEpochSeconds(part)];
    }),
  );
}

function send(response: ServerResponse, httpStatus: number, body: unknown): void {
  const text = JSON.stringify(body ?? {});
  response.writeHead(httpStatus, {
    "content-type": "application/x-amz-json-1.0",
    "content-length": Buffer.byteLength(text),
    "x-amzn-requestid": randomUUID(),
  });
  response.end(text);
}

function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof StatesServiceError) {
    send(response, 400, { __type: `com.amazonaws.sfn#${error.name}`, message: error.message });
  } else if (error instanceof z.ZodError) {
    send(response, 400, { __type: "com.amazonaws.sfn#ValidationException", message: z.prettifyError(error) });
  } else {
    // What went wrong inside may hold secrets.
    send(response, 500, { __type: "com.amazonaws.sfn#InternalFailure", message: "The host failed to answer." });
  }
}
