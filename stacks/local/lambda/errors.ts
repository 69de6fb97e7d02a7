/** The error document a runtime posts, and the body of a reply that carries X-Amz-Function-Error. */
export type FunctionErrorBody = { errorType: string; errorMessage: string; trace?: string[] };

/**
 * The function failed: it threw, was killed at a limit, or ended. Types and texts are those of AWS
 * (`Runtime.OutOfMemory`, `Sandbox.Timedout`, `Runtime.ExitError`, or the thrown error's name);
 * `Sandbox.TmpQuotaExceeded` and `Sandbox.Stopped` are this host's own.
 */
export class LambdaError extends Error {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: string[];
  readonly requestId: string;

  constructor(requestId: string, body: FunctionErrorBody) {
    super(body.errorMessage);
    this.name = body.errorType;
    this.errorType = body.errorType;
    this.errorMessage = body.errorMessage;
    if (body.trace) this.trace = body.trace;
    this.requestId = requestId;
  }

  /** The payload a caller of the Invoke API receives. */
  toBody(): FunctionErrorBody {
    return { errorType: this.errorType, errorMessage: this.errorMessage, ...(this.trace ? { trace: this.trace } : {}) };
  }
}

/** The call itself was refused: the function never ran. The code is the exception's name in the Lambda API. */
export class LambdaServiceException extends Error {
  readonly code: string;
  readonly httpStatus: number;

  constructor(code: string, httpStatus: number, message: string) {
    super(message);
    this.name = code;
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

export const functionNotFound = (name: string) =>
  new LambdaServiceException("ResourceNotFoundException", 404, `Function not found: ${functionArn(name)}`);

/** What Lambda says where a function's concurrency is used up. */
export const tooManyRequests = () => new LambdaServiceException("TooManyRequestsException", 429, "Rate Exceeded.");

export const requestTooLarge = (sizeBytes: number, limitBytes: number) =>
  new LambdaServiceException(
    "RequestTooLargeException",
    413,
    `The payload has ${sizeBytes} bytes; at most ${limitBytes} are accepted. Pass a pointer to an object instead.`,
  );

/** The ARN under which functions of this host know themselves. */
export const functionArn = (name: string, region = "us-east-1") =>
  `arn:aws:lambda:${region}:000000000000:function:${name}`;
