// How a command ends that cannot be carried out: one sentence and an exit code.

/** The command was typed wrongly: `EX_USAGE` of sysexits(3). */
export const EX_USAGE = 64

/** Says why on stderr; the exit code. */
export function failWith(sentence: string, exitCode: number): number {
  console.error(`andon: ${sentence}`)
  return exitCode
}
