declare module "asl-validator" {
  /** Checks a state machine against the States Language. Writes into the definition it is given. */
  function validate(definition: unknown): {
    isValid: boolean;
    errors: Record<string, unknown>[];
    errorsText(separator?: string): string;
  };
  export default validate;
}
