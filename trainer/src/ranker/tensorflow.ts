/**
 * TensorFlow.js on its WebAssembly backend, one thread: the same numbers on every machine of a kind. Loaded when it is
 * first needed: it takes a second. `tfjs-layers` is there for the gradients that it registers; the core's bundle for Node
 * brings none (docs/decisions/0013-ranker.md).
 */
import { assert } from "@thewatcher/kit/assert";

export type Tensorflow = typeof import("@tensorflow/tfjs-core");

let opened: Promise<Tensorflow> | undefined;

export function openTensorflow(): Promise<Tensorflow> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Tensorflow> {
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-layers");
  await import("@tensorflow/tfjs-backend-wasm");
  // Neither advice on the console nor threads of its own.
  tf.enableProdMode();
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  assert(await tf.setBackend("wasm"), "the WebAssembly backend starts");
  return tf;
}
