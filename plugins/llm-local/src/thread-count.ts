import { usableCores } from '@tiercel/kernel';

/**
 * One core less than there are, so that speech has one to itself. llama.cpp threads spin while they wait for each other:
 * as soon as anything else runs on their cores, every token takes many times longer than with a thread less.
 */
export function threadCount(cores = usableCores()): number {
  return Math.max(1, cores - 1);
}
