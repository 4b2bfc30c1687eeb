import { SherpaError } from './errors.js';
import type { SherpaOnnx } from './sherpa-onnx.js';

let loading: Promise<SherpaOnnx> | undefined;

/** Loads the native engine on first use. Throws SPEECH_ENGINE_NOT_INSTALLED where it has no build. */
export function loadSherpa(): Promise<SherpaOnnx> {
  loading ??= importSherpa();
  return loading;
}

async function importSherpa(): Promise<SherpaOnnx> {
  try {
    // A variable, because the package has no declarations for the compiler to find.
    const name: string = 'sherpa-onnx-node';
    const module: { readonly default: SherpaOnnx } = await import(name);
    return module.default;
  } catch (cause) {
    loading = undefined;
    const platform = `${process.platform} ${process.arch}`;
    throw new SherpaError('SPEECH_ENGINE_NOT_INSTALLED', { platform }, { cause });
  }
}
