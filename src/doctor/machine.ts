// The environment of the process, and the disk that it writes to.
import { type Finding, ok, type Reading, wrong } from './finding.ts'

export function examineEnvironment(o: {
  readonly mistakes: readonly string[]
  readonly warnings: readonly string[]
}): readonly Finding[] {
  if (o.mistakes.length === 0) return [ok('environment', o.warnings.join(' ') || 'every variable can be read')]
  return o.mistakes.map((sentence) => wrong('environment', 'environment', sentence, null))
}

export type DiskReading = {
  readonly directory: string
  readonly freeBytes: number
  /** Null where the file system does not count them. */
  readonly freeFiles: number | null
}

const MIB = 1024 * 1024
/** Postgres writes its log in files of 16 MiB. */
const LEAST_FREE_BYTES = 256 * MIB
const LEAST_FREE_FILES = 1_000

export function examineDisk(disk: Reading<DiskReading>): Finding {
  if ('failure' in disk) {
    const todo = 'Set ANDON_DATA to a directory that Andon may write to.'
    return wrong('disk', 'data-directory', `ANDON_DATA cannot be used: ${disk.failure.words}`, todo)
  }
  const { directory, freeBytes, freeFiles } = disk.value
  const free =
    freeBytes >= 1024 * MIB ? `${Math.floor(freeBytes / MIB / 1024)} GiB` : `${Math.floor(freeBytes / MIB)} MiB`
  const isFull = freeBytes < LEAST_FREE_BYTES || (freeFiles !== null && freeFiles < LEAST_FREE_FILES)
  if (!isFull) return ok('disk', `${free} free in ${directory}`)
  const what =
    freeBytes < LEAST_FREE_BYTES
      ? `only ${free} free in ${directory}`
      : `only ${freeFiles} more files fit into ${directory}`
  return wrong('disk', 'disk-full', what, 'Make room there, or set ANDON_DATA to a larger disk.')
}
