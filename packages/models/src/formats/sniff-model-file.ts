import { open } from 'node:fs/promises';
import { type OnnxHeader, readOnnxHeader } from './read-onnx-header.js';

/** What a file is by its first bytes: `html` is the error page that a download often turns out to be. */
export type ModelFileFormat = 'gguf' | 'onnx' | 'html' | 'empty' | 'unknown';

export interface SniffedModelFile {
  readonly format: ModelFileFormat;
  readonly sizeBytes: number;
  /** Only of `onnx`. */
  readonly onnx?: OnnxHeader;
}

/** Looks at a few bytes of a file and tells its format. Rejects only when the file cannot be read. */
export async function sniffModelFile(path: string): Promise<ModelFileFormat> {
  return (await inspectModelFile(path)).format;
}

/** The same with size and, for ONNX, what the exporter noted. */
export async function inspectModelFile(path: string): Promise<SniffedModelFile> {
  const file = await open(path, 'r');
  try {
    const { size: sizeBytes } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const head = buffer.subarray(0, bytesRead);
    if (head.length === 0) return { format: 'empty', sizeBytes };
    if (head.toString('latin1', 0, 4) === 'GGUF') return { format: 'gguf', sizeBytes };
    if (/^\s*<(!doctype|html|head|\?xml)/i.test(head.toString('utf8').replace(/^\uFEFF/, '')))
      return { format: 'html', sizeBytes };
    const onnx = await readOnnxHeader(file);
    return onnx ? { format: 'onnx', sizeBytes, onnx } : { format: 'unknown', sizeBytes };
  } finally {
    await file.close();
  }
}

/** How a format is called in a sentence. */
export function formatName(format: ModelFileFormat): string {
  return {
    gguf: 'a GGUF file',
    onnx: 'an ONNX file',
    html: 'an HTML page',
    empty: 'empty',
    unknown: 'a file of no known model format',
  }[format];
}
