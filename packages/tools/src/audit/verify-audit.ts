import { open } from 'node:fs/promises';
import path from 'node:path';
import { type FileLink, listFiles } from './audit-folder.js';
import { readLines } from './read-lines.js';
import { type OpenedLine, openLine } from './sealed-line.js';

const MAX_FINDINGS = 100;

export interface AuditFinding {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly finding: string;
}

export interface AuditReport {
  readonly files: readonly string[];
  readonly records: number;
  /** Empty if nothing was changed, removed or put in. At most 100. */
  readonly findings: readonly AuditFinding[];
  /** Of the last line of the newest file: kept elsewhere, it proves later that the end is still there. */
  readonly lastHash: string | undefined;
}

/**
 * Checks the chain of an audit log: every line, within and across files. Half a line at the end of a file is what a killed
 * process leaves, and no finding. Older files may have been removed; the end may have been cut off unseen.
 */
export async function verifyAudit(folder: string): Promise<AuditReport> {
  const files = await listFiles(folder);
  const hashesByFile = new Map<string, ReadonlySet<string>>();
  const findings: AuditFinding[] = [];
  let records = 0;
  let lastHash: string | undefined;
  for (const file of files) {
    const chain = new FileChain(file, hashesByFile);
    for await (const line of readLines(path.join(folder, file))) chain.read(line);
    chain.end(await endsWithNewline(path.join(folder, file)));
    hashesByFile.set(file, chain.hashes);
    findings.push(...chain.findings);
    records += chain.hashes.size;
    lastHash = chain.lastHash ?? lastHash;
  }
  return { files, records, findings: findings.slice(0, MAX_FINDINGS), lastHash };
}

async function endsWithNewline(file: string): Promise<boolean> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
  return bytesRead === 1 && buffer.toString() === '\n';
}

class FileChain {
  readonly hashes = new Set<string>();
  readonly findings: AuditFinding[] = [];
  readonly #file: string;
  readonly #earlier: ReadonlyMap<string, ReadonlySet<string>>;
  #line = 0;
  #sequence = 0;
  #hash = '';
  /** A line that cannot be read, until it turns out whether more follows. */
  #unreadable: number | undefined;

  constructor(file: string, earlier: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#file = file;
    this.#earlier = earlier;
  }

  get lastHash(): string | undefined {
    return this.#hash === '' ? undefined : this.#hash;
  }

  read(text: string): void {
    this.#line += 1;
    this.#findUnreadable();
    const opened = openLine(text);
    if (opened) this.#check(opened);
    else this.#unreadable = this.#line;
  }

  /** @param isLineWhole a killed process leaves half a line, and that has no end */
  end(isLineWhole: boolean): void {
    if (isLineWhole) this.#findUnreadable();
  }

  #findUnreadable(): void {
    if (this.#unreadable !== undefined) this.#find(this.#unreadable, 'it was changed after it was written');
    this.#unreadable = undefined;
  }

  #check({ record, hash }: OpenedLine): void {
    const { sequence, previous, kind } = record;
    const isNext = sequence === this.#sequence + 1 && previous === this.#hash;
    if (!isNext)
      this.#find(this.#line, 'it does not follow the line before it: one was changed, removed or put in');
    if (kind === 'open') this.#checkLink(record['continues'] as FileLink | undefined);
    this.#sequence = sequence;
    this.#hash = hash;
    this.hashes.add(hash);
  }

  #checkLink(link: FileLink | undefined): void {
    const hashes = link && this.#earlier.get(link.file);
    if (hashes && !hashes.has(link.hash))
      this.#find(this.#line, `the end of ${link.file} was changed or removed`);
  }

  #find(line: number, finding: string): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ file: this.#file, line, finding });
  }
}
