import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRealModels, findRecordings, howToGetRealModels } from "../real-models/index.ts";
import { Peer } from "./peer/peer.ts";
import { openRecogniser, type Recogniser } from "./pipeline.ts";
import { normaliserOf } from "./score/normalise.ts";
import type { Context } from "./table.ts";

/** What a table has at hand; disposing it ends the peers' processes, lets go of the models and removes its folder. */
export type OpenContext = Omit<Context, "tell"> & AsyncDisposable;

/** @throws Error that says what is missing here */
export async function openContext({
  python,
  quick,
}: {
  python: string | undefined;
  quick: boolean;
}): Promise<OpenContext> {
  const models = await findRealModels();
  if (!models) throw new Error(`There are no real models here. With a network: ${howToGetRealModels}`);
  const recordings = findRecordings();
  if (!recordings) throw new Error("The recordings are not here: HALFGIG_REAL_DATA names their folder.");
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "halfgig-eval-real-"));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const peer = python === undefined ? undefined : opened.use(new Peer(python, models));
  // In a process of its own, so that texts do not wait for recordings.
  const normalise = await normaliserOf(peer && opened.use(peer.fresh()));
  const loaded = new Map<string, Promise<Recogniser>>();
  const kept = opened.move();
  return {
    models,
    recordings,
    peer,
    python,
    normalise,
    quick,
    directory,
    recogniser(name, precision) {
      const key = `${name} ${precision}`;
      const model = loaded.get(key) ?? openRecogniser(models, name, precision).then((one) => kept.use(one));
      loaded.set(key, model);
      return model;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
