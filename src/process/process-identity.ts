// A pid may be reused: with the start time of its process it identifies one process.
import { readFile } from 'node:fs/promises'

/** Whether the process with a pid is the one that noted its start; `unknown` when there is no start time to compare. */
export type ProcessIdentity = 'same' | 'other' | 'gone' | 'unknown'

/** Compares the process that has the pid now with the noted start time. Sends no signal. */
export async function identifyProcess(pid: number, startedAt: string | null): Promise<ProcessIdentity> {
  if (!processExists(pid)) return 'gone'
  const { state, start } = await readProcStat(pid)
  // It has ended, and its parent has not collected its status.
  if (state === 'Z' || state === 'X') return 'gone'
  if (startedAt === null || start === undefined) return 'unknown'
  return start === startedAt ? 'same' : 'other'
}

/** When the process started, in clock ticks since boot; null where there is no /proc. */
export async function readStartTicks(pid: number): Promise<string | null> {
  return (await readProcStat(pid)).start ?? null
}

async function readProcStat(pid: number): Promise<{ state?: string | undefined; start?: string | undefined }> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (line === null) return {}
  // proc(5): the second field is the command in brackets and may contain anything, so fields are counted from the last
  // one.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return { state: fields[3 - 3], start: fields[22 - 3] }
}

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it exists, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
