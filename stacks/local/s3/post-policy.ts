import { z } from "zod";
import { S3Error } from "./errors.ts";

const conditionSchema = z.union([
  z.tuple([
    z.literal("content-length-range"),
    z.coerce.number().int().nonnegative(),
    z.coerce.number().int().nonnegative(),
  ]),
  z.tuple([z.enum(["eq", "starts-with"]), z.string().startsWith("$"), z.string()]),
  z.record(z.string(), z.string()),
]);

const policySchema = z.object({ expiration: z.iso.datetime(), conditions: z.array(conditionSchema) });

/** How large the file may be, inclusive. */
export type LengthRange = { minBytes: number; maxBytes: number };

/** Fields that need no condition: they prove the policy itself. */
const exemptFields = new Set(["policy", "x-amz-signature", "file"]);

function refuse(reason: string): S3Error {
  return new S3Error("AccessDenied", `Invalid according to Policy: ${reason}`);
}

/**
 * Checks the fields of a POST form against its base64 policy and returns the sizes that it allows. Every field must be covered by a
 * condition. Reference: Amazon S3 API Reference, "Creating a POST Policy". `values` are the fields as they will be used (`key` with the
 * file name filled in, `bucket` from the URL); names in lower case.
 */
export function checkPostPolicy(policyBase64: string, values: Record<string, string>, nowMs = Date.now()): LengthRange {
  let policy: z.infer<typeof policySchema>;
  try {
    policy = policySchema.parse(JSON.parse(Buffer.from(policyBase64, "base64").toString("utf8")));
  } catch (cause) {
    throw new S3Error("InvalidArgument", "The policy is not base64 of a valid policy document.", { cause });
  }
  if (nowMs > Date.parse(policy.expiration)) throw refuse("Policy expired.");

  const length: LengthRange = { minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER };
  const covered = new Set(exemptFields);
  const check = (operator: "eq" | "starts-with", field: string, expected: string) => {
    const name = field.toLowerCase();
    const value = values[name] ?? "";
    covered.add(name);
    const holds = operator === "eq" ? value === expected : value.startsWith(expected);
    if (!holds) throw refuse(`Policy Condition failed: ["${operator}", "$${field}", "${expected}"]`);
  };
  for (const condition of policy.conditions) {
    if (!Array.isArray(condition)) {
      for (const [field, expected] of Object.entries(condition)) check("eq", field, expected);
    } else if (condition[0] === "content-length-range") {
      length.minBytes = Math.max(length.minBytes, condition[1]);
      length.maxBytes = Math.min(length.maxBytes, condition[2]);
    } else {
      check(condition[0], condition[1].slice(1), condition[2]);
    }
  }
  const extra = Object.keys(values).filter(
    (name) => name !== "bucket" && !covered.has(name) && !name.startsWith("x-ignore-"),
  );
  if (extra.length > 0) throw refuse(`Extra input fields: ${extra.join(", ")}`);
  return length;
}
