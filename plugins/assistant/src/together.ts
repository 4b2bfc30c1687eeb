import type { ChildController } from '@tiercel/kernel';

/** Waits for all parts. The first that fails aborts `controller`, and its error is thrown when all have settled. */
export async function together(controller: ChildController, parts: readonly Promise<void>[]): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  const settled = parts.map((part) =>
    part.catch((error) => {
      failure ??= { error };
      controller.abort(error);
    }),
  );
  await Promise.all(settled);
  if (failure) throw failure.error;
}
