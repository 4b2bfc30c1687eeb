/** What went wrong on the way to a page, in words that may be told. */
export interface Failure {
  readonly finding: string;
}
