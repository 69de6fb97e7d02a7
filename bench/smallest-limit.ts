import { runLimited } from "../test/memory/limited-process.ts";

const stepMiB = 16;
const leastMiB = 96;
const mostMiB = 1024;
/** Just above a limit that kills, a run thrashes: one that takes so long does not count as completed. */
const patienceMs = 180_000;

/**
 * The smallest memory limit, to 16 MiB, under which a program runs to its end.
 * @returns undefined where even the largest that is tried kills it, or where no control group may be created
 */
export async function smallestLimitMiB([program = "", ...args]: readonly string[]): Promise<number | undefined> {
  const completes = async (limitMiB: number) => {
    const { status } = await runLimited(program, args, limitMiB, { patienceMs });
    return status === 0;
  };
  try {
    if (!(await completes(mostMiB))) return undefined;
    let [dies, lives] = [leastMiB - stepMiB, mostMiB];
    while (lives - dies > stepMiB) {
      const middle = Math.round((lives + dies) / 2 / stepMiB) * stepMiB;
      if (await completes(middle)) lives = middle;
      else dies = middle;
    }
    return lives;
  } catch (error) {
    console.error(String(error));
    return undefined;
  }
}
