import { strings } from "../strings.ts";

/**
 * A part of the page that is fetched when it is first needed.
 * @throws Error that says what to do: the line may be down, or the service newer than the page
 */
export async function part<Part>(loading: Promise<Part>): Promise<Part> {
  try {
    return await loading;
  } catch (cause) {
    throw new Error(strings.errors.part, { cause });
  }
}
