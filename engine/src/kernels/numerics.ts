/**
 * Which numerical path a run takes: the build of the kernels, and with it a prebuilt GEMM or not. Recorded in each run,
 * since bits are promised for one path and CPU type only; pinned by its name.
 *
 * Left open, a library is taken when it is installed and a self-check finds it right and faster than the kernels, here and
 * now; `note` says what was found.
 */
import { UserError } from "@thewatcher/kit/user-error";
import type { ParameterInput } from "../parameters.ts";
import { checkLibrary, type GemmLibrary, openGemmLibrary } from "./library.ts";
import { createKernels, detectKernelPath, type KernelPath } from "./load.ts";

/** The parameter by which any model's path is pinned beside its own parameters. */
export const PATH_PARAMETER = "kernelPath";

const LIBRARY_SUFFIX = "+onnxruntime";

const accepted: readonly string[] = (["simd", "relaxed-simd"] as const).flatMap((path) => [
  path,
  `${path}${LIBRARY_SUFFIX}`,
]);

export interface Numerics {
  readonly kernelPath: KernelPath;
  readonly library?: GemmLibrary | undefined;
  /** What the choice rests on, for a person. */
  readonly note: string;
}

export interface NumericsOptions {
  /** "simd", "relaxed-simd", or one of them with "+onnxruntime". */
  readonly pin?: string | undefined;
  readonly workers?: number | undefined;
  /** For the self-check. */
  readonly monotonicMs: () => number;
}

/** The caller closes the library when its fits are done. */
export async function openNumerics({ pin, workers, monotonicMs }: NumericsOptions): Promise<Numerics> {
  if (pin !== undefined && !accepted.includes(pin)) {
    throw new UserError(
      `parameter "${PATH_PARAMETER}" is ${JSON.stringify(pin)}; accepted: ${accepted.map((name) => JSON.stringify(name)).join(", ")}`,
    );
  }
  const kernelPath = pin ? (pin.replace(LIBRARY_SUFFIX, "") as KernelPath) : detectKernelPath();
  if (pin === kernelPath) return { kernelPath, note: "pinned, without a library" };
  const kernels = createKernels({ path: kernelPath, workers });
  const answer = await openGemmLibrary({ workers: kernels.workers });
  if (answer.kind === "absent") {
    if (pin) throw new UserError(`parameter "${PATH_PARAMETER}" is ${JSON.stringify(pin)}, but ${answer.reason}`);
    return { kernelPath, note: answer.reason };
  }
  const { library } = answer;
  if (pin) return { kernelPath, library, note: `pinned, with ${library.name}` };
  const check = await checkLibrary(kernels, library, monotonicMs);
  if (check.kind === "faster") {
    return { kernelPath, library, note: `${library.name} is ${check.times.toFixed(1)} times as fast as the kernels` };
  }
  await library.close();
  const why = check.kind === "wrong" ? "does not agree with the kernels" : "is not faster than the kernels here";
  return { kernelPath, note: `${library.name} ${why}` };
}

/** "relaxed-simd", or "relaxed-simd+onnxruntime 1.30.0". */
export function pathName(kernelPath: KernelPath, library: GemmLibrary | undefined): string {
  return library ? `${kernelPath}+${library.name}` : kernelPath;
}

/** Takes the pin out of parameters given by name: models know their own only. */
export function splitPin(parameters: ParameterInput): {
  readonly pin: string | undefined;
  readonly parameters: ParameterInput;
} {
  const { [PATH_PARAMETER]: pin, ...rest } = parameters;
  return { pin: pin === undefined || pin === null ? undefined : String(pin), parameters: rest };
}
