/** Command-line flags of a host's Node. */
export const nodeFlags: readonly string[];
/** glibc's settings, as environment variables. */
export const allocator: Readonly<Record<string, string>>;
