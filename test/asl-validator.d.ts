declare module "asl-validator" {
  /** Validates a state machine definition against the States Language's schema and its references. */
  export default function validate(definition: unknown): { isValid: boolean; errors: unknown[] };
}
