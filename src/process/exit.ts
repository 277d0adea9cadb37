// A command that fails ends with one sentence and an exit code.

/** The command was typed wrongly: `EX_USAGE` of sysexits(3). */
export const EX_USAGE = 64

/** What was read is wrong: `EX_DATAERR`. */
export const EX_DATAERR = 65

/** Writes the reason to stderr and returns the exit code. */
export function failWith(sentence: string, exitCode: number): number {
  console.error(`andon: ${sentence}`)
  return exitCode
}
