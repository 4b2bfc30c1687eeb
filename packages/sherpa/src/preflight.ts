import { open } from 'node:fs/promises';
import { SherpaError } from './errors.js';
import { identifyFile } from './identify-file.js';
import { OnnxShapeError, type OnnxSignature, readOnnxSignature } from './onnx-signature.js';

interface ModelFile {
  /** Name of the model, for messages. */
  readonly model: string;
  readonly path: string;
}

export interface OnnxExpectation extends ModelFile {
  /** With article, such as `a Whisper encoder`. */
  readonly expected: string;
  /** What the native code reads and ends the process without. */
  readonly metadata?: readonly string[];
  readonly inputs?: readonly string[];
}

/**
 * Proves that `path` is an ONNX model with what the engine will look for, before native code that cannot fail politely opens
 * it. Throws SPEECH_ENGINE_FILE_UNREADABLE, _FOREIGN, _TRUNCATED or _WRONG. That the bytes are right is the model store's word.
 */
export async function checkOnnx(expectation: OnnxExpectation): Promise<OnnxSignature> {
  const { model, path, expected, metadata = [], inputs = [] } = expectation;
  const { head, bytes } = await openFile(expectation);
  const signature = await readOnnxSignature(path).catch((cause: unknown) => {
    if (!(cause instanceof OnnxShapeError)) throw unreadable(expectation, cause);
    if (cause.shape === 'truncated' && looksLikeOnnx(head)) {
      throw new SherpaError('SPEECH_ENGINE_FILE_TRUNCATED', { model, file: path, bytes });
    }
    throw new SherpaError('SPEECH_ENGINE_FILE_FOREIGN', { model, file: path, finding: identifyFile(head) });
  });
  const missing = [
    ...metadata.filter((key) => !signature.metadata.has(key)).map((key) => `metadata "${key}"`),
    ...inputs.filter((name) => !signature.inputs.includes(name)).map((name) => `input "${name}"`),
  ];
  if (missing.length === 0) return signature;
  const finding = `has no ${missing.join(', ')}`;
  throw new SherpaError('SPEECH_ENGINE_FILE_WRONG', { model, file: path, expected, finding });
}

/** Version 3 … 10 of the format comes first in every file that exporters write. */
function looksLikeOnnx(head: Uint8Array): boolean {
  return head[0] === 0x08;
}

export interface TokensExpectation extends ModelFile {
  /** `base64` tokens (Whisper) or one `symbol` (Piper) per line, each followed by a space and its number. */
  readonly format: 'base64' | 'symbol';
}

const formats = {
  base64: { pattern: /^(?=\S)[A-Za-z0-9+/]*={0,2} \d+$/, expected: 'a base64 token and its number' },
  symbol: { pattern: /^[\s\S] \d+$/u, expected: 'a single symbol and its number' },
};

/** Vocabularies are below 2 MB. */
const MAX_TOKENS_BYTES = 16 * 1024 * 1024;

/**
 * Proves that `path` is a token table of this format: with a wrong one the engine ends the process, or never answers.
 * Throws SPEECH_ENGINE_FILE_UNREADABLE or SPEECH_ENGINE_TOKENS_WRONG.
 */
export async function checkTokens(expectation: TokensExpectation): Promise<void> {
  const { model, path, format } = expectation;
  const { pattern, expected } = formats[format];
  const { text } = await openFile(expectation, { withText: true });
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const wrong = lines.findIndex((line) => !pattern.test(line));
  if (wrong < 0 && lines.length > 0) return;
  throw new SherpaError('SPEECH_ENGINE_TOKENS_WRONG', {
    model,
    file: path,
    expected,
    line: Math.max(0, wrong) + 1,
  });
}

async function openFile(source: ModelFile, { withText = false } = {}) {
  const file = await open(source.path).catch((cause: unknown) => {
    throw unreadable(source, cause);
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw unreadable(source, undefined, 'is not a file');
    if (stats.size === 0) throw unreadable(source, undefined, 'is empty (0 bytes)');
    if (withText && stats.size > MAX_TOKENS_BYTES)
      throw unreadable(source, undefined, 'is too large for a token table');
    const { buffer, bytesRead } = await file.read(new Uint8Array(64), 0, 64, 0);
    const text = withText ? await file.readFile('utf8') : '';
    return { head: buffer.subarray(0, bytesRead), bytes: stats.size, text };
  } finally {
    await file.close();
  }
}

function unreadable({ model, path }: ModelFile, cause: unknown, finding?: string) {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  const reason =
    code === 'ENOENT'
      ? 'does not exist'
      : `cannot be read (${typeof code === 'string' ? code : 'unknown reason'})`;
  return new SherpaError(
    'SPEECH_ENGINE_FILE_UNREADABLE',
    { model, file: path, finding: finding ?? reason },
    cause === undefined ? undefined : { cause },
  );
}
