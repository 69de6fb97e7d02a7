import { problemSchema } from "./schemas.ts";

/** What the API refused, or what became of a job that failed. */
export class HalfgigError extends Error {
  /** The HTTP status; 0 where a job failed and no request was refused. */
  readonly status: number;
  /** A stable code such as `media.not_media`; undefined where the reply was not the API's own. */
  readonly code: string | undefined;

  constructor(message: string, { status, code }: { status: number; code: string | undefined }) {
    super(message);
    this.name = "HalfgigError";
    this.status = status;
    this.code = code;
  }

  static async of(reply: Response, what: string): Promise<HalfgigError> {
    const problem = problemSchema.partial().safeParse(await reply.json().catch(() => undefined)).data;
    const message = problem?.detail ?? problem?.title ?? `${what}: HTTP ${reply.status}`;
    return new HalfgigError(message, { status: reply.status, code: problem?.code });
  }
}
