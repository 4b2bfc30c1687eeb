import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type ConversationRecorder, openConversationRecorder } from '@tiercel/conversation';

/** Opens the file for a conversation, with its folder, where one is wanted. The caller closes it. */
export async function openRecorder(
  file: string | undefined,
  { signal }: { readonly signal: AbortSignal },
): Promise<ConversationRecorder | undefined> {
  if (file === undefined) return undefined;
  // What is wrong with the folder is told, with the path, when the file is opened.
  await mkdir(path.dirname(file), { recursive: true }).catch(() => undefined);
  return openConversationRecorder(file, { signal });
}
