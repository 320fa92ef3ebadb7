/** The numerical path of a run: pinned by name, or found; what is not there is named. */
import { expect, test } from "vitest";
import { openGemmLibrary } from "./library.ts";
import { detectKernelPath } from "./load.ts";
import { openNumerics, pathName, splitPin } from "./numerics.ts";

const ticking = () => {
  let nowMs = 0;
  return () => ++nowMs;
};

test("a pinned path is taken, without a library unless it names one", async () => {
  expect(await openNumerics({ pin: "simd", monotonicMs: ticking() })).toEqual({
    kernelPath: "simd",
    note: "pinned, without a library",
  });
});

test("an unknown path is refused with those that are accepted", async () => {
  await expect(openNumerics({ pin: "avx", monotonicMs: ticking() })).rejects.toThrow(
    'parameter "kernelPath" is "avx"; accepted: "simd", "simd+onnxruntime", "relaxed-simd", "relaxed-simd+onnxruntime"',
  );
});

test("a pinned library is taken where it is installed, and otherwise missed by name", async () => {
  const opened = openNumerics({ pin: "simd+onnxruntime", workers: 1, monotonicMs: ticking() });
  const answer = await openGemmLibrary({ workers: 1 });
  if (answer.kind === "absent") {
    await expect(opened).rejects.toThrow('parameter "kernelPath" is "simd+onnxruntime", but onnxruntime-node');
    return;
  }
  const { kernelPath, library } = await opened;
  expect(pathName(kernelPath, library)).toMatch(/^simd\+onnxruntime \d/);
  await Promise.all([library?.close(), answer.library.close()]);
});

test("left open, a library that a clock finds no faster is left out, with the reason told", async () => {
  const numerics = await openNumerics({ workers: 1, monotonicMs: ticking() });
  expect(numerics.library).toBeUndefined();
  expect(numerics.kernelPath).toBe(detectKernelPath());
  expect(numerics.note).toMatch(/^onnxruntime(-node is not installed| .* is not faster than the kernels here)/);
});

test("the pin is taken out of a model's parameters", () => {
  expect(splitPin({ kernelPath: "simd", regularization: 3 })).toEqual({
    pin: "simd",
    parameters: { regularization: 3 },
  });
  expect(splitPin({ regularization: 3 })).toEqual({ pin: undefined, parameters: { regularization: 3 } });
});
