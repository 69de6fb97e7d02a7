export { TorchFile } from "./torch-file.ts";
