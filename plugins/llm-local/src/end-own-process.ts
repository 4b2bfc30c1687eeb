/**
 * Ends a process that llama.cpp holds up, at once and from outside of it: an orderly exit would wait for the thread that
 * hangs. Whoever supervises the process finds `finding` in its last words.
 */
export function endOwnProcess(finding: string): void {
  // Written before the next line runs: the pipe of a child is synchronous where there are signals.
  process.stderr.write(`llm-local ends its process: ${finding}\n`);
  process.kill(process.pid, 'SIGKILL');
}
