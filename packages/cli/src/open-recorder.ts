import path from 'node:path';
import { type ConversationRecorder, openConversationRecorder } from '@tiercel/conversation';
import { makeFolder } from '@tiercel/models';

/** Opens the file for a conversation, with its folder, where one is wanted. The caller closes it. */
export async function openRecorder(
  file: string | undefined,
  { signal }: { readonly signal: AbortSignal },
): Promise<ConversationRecorder | undefined> {
  if (file === undefined) return undefined;
  await makeFolder(path.dirname(file));
  return openConversationRecorder(file, { signal });
}
