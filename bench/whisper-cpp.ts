import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { processPeakRssMiB } from "../stacks/local/lambda/process-tree.ts";
import { writeGgml } from "./ggml.ts";
import type { SpeechTimes } from "./measure.ts";
import { installInto } from "./peer.ts";

const execute = promisify(execFile);

/** The package that brings whisper.cpp's source. */
export const whisperCppPackage = "nodejs-whisper@0.3.1";

/** whisper.cpp's own benchmark on the checkpoint, as 8-bit blocks (q8_0), built for this machine's processor. */
export type WhisperCpp = { readonly program: string; readonly model: string };

/**
 * Builds whisper.cpp from the npm package that has its source, and converts the checkpoint.
 * @throws where the machine has no CMake or C++ compiler, with how to get them
 */
export async function prepareWhisperCpp(directory: string, checkpoint: string): Promise<WhisperCpp> {
  await execute("cmake", ["--version"]).catch((cause: unknown) => {
    throw new Error(
      "CMake is missing. On Debian and Ubuntu: sudo apt-get install --no-install-recommends cmake g++ make",
      {
        cause,
      },
    );
  });
  await installInto(directory, whisperCppPackage);
  const source = join(directory, "node_modules/nodejs-whisper/cpp/whisper.cpp");
  const build = join(directory, "build");
  const options = ["CMAKE_BUILD_TYPE=Release", "GGML_NATIVE=ON", "BUILD_SHARED_LIBS=OFF", "WHISPER_BUILD_TESTS=OFF"];
  const maxBuffer = 2 ** 26;
  await execute("cmake", ["-S", source, "-B", build, ...options.map((option) => `-D${option}`)], { maxBuffer });
  const targets = ["whisper-bench", "whisper-quantize"];
  await execute("cmake", ["--build", build, "--parallel", "2", "--target", ...targets], { maxBuffer });
  const half = join(directory, "ggml-f16.bin");
  await writeGgml(checkpoint, half);
  const model = join(directory, "ggml-q8_0.bin");
  await execute(join(build, "bin/whisper-quantize"), [half, model, "q8_0"], { maxBuffer });
  return { program: join(build, "bin/whisper-bench"), model };
}

/**
 * One run of whisper-bench on one thread: the encoder over a full window, and a token's step (the mean of 256). A window is
 * their sum, as nothing else is counted for the others, either.
 */
export async function runWhisperCpp({ program, model }: WhisperCpp, tokens: number) {
  const child = spawn(program, ["-m", model, "-t", "1", "-w", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  let peakRssMiB = 0;
  const timer = setInterval(() => {
    if (child.pid !== undefined) peakRssMiB = Math.max(peakRssMiB, processPeakRssMiB(child.pid));
  }, 20);
  const status = await new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  clearInterval(timer);
  if (status !== 0) throw new Error(`whisper-bench ended with ${status}: ${log.slice(-500)}`);
  const perRun = (name: string) => {
    const found = new RegExp(`${name} time =.*\\(\\s*([\\d.]+) ms per run\\)`).exec(log)?.[1];
    if (found === undefined) throw new Error(`whisper-bench printed no ${name} time: ${log.slice(-500)}`);
    return Number(found);
  };
  const encoderMs = perRun("encode");
  const tokenMs = perRun("decode");
  const times: SpeechTimes = {
    ...{ encoderMs, encoderBestMs: encoderMs, peakRssMiB },
    windowMs: encoderMs + tokens * tokenMs,
  };
  return { ...times, tokenMs };
}
