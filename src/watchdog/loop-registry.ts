// Every loop there is, from what the rows and the files say. A loop that is in both is believed where it spoke last.

import type { Instant } from '../pipeline/model/time.ts'
import type { LoopRow } from '../store/loops.ts'
import { flawOf, type Heartbeat, isProgressing, judge, type Observer, type Verdict } from './heartbeat.ts'
import type { FoundFile } from './heartbeat-files.ts'

export type Known = Verdict & {
  /** Of a file that cannot be believed: its name. */
  readonly id: string
  /** What it said last, where that can be read. */
  readonly heartbeat: Heartbeat | null
  readonly stopAskedAt: Instant | null
  readonly isProgressing: boolean
}

/** Who is there, in the order of their ids. */
export async function takeCensus(
  o: Observer & { rows: readonly LoopRow[]; files: readonly FoundFile[] },
): Promise<readonly Known[]> {
  const ofFiles = o.files.map((file) => knownOfFile(file, o))
  const ofRows = o.rows.map((row) => knownOfRow(row, o))
  const known = new Map<string, Known>()
  for (const each of await Promise.all([...ofRows, ...ofFiles])) {
    const other = known.get(each.id)
    if (other === undefined || isLater(each, other)) {
      known.set(each.id, { ...each, stopAskedAt: each.stopAskedAt ?? other?.stopAskedAt ?? null })
    }
  }
  return [...known.values()].toSorted((a, b) => a.id.localeCompare(b.id))
}

async function knownOfRow({ stopAskedAt, ...heartbeat }: LoopRow, o: Observer): Promise<Known> {
  const flaw = flawOf(heartbeat)
  if (flaw !== null) return doubtful(heartbeat.id, `its row cannot be believed: ${flaw}`)
  return { ...(await describe(heartbeat, o, 'row')), stopAskedAt }
}

async function knownOfFile(file: FoundFile, o: Observer): Promise<Known> {
  if (file.heartbeat === null) return doubtful(file.name, `its file cannot be believed: ${file.flaw}`)
  return describe(file.heartbeat, o, 'file')
}

async function describe(heartbeat: Heartbeat, o: Observer, from: 'row' | 'file'): Promise<Known> {
  const verdict = await judge(heartbeat, { ...o, from })
  const progresses = verdict.state === 'alive' && isProgressing(heartbeat, o.now)
  return { ...verdict, id: heartbeat.id, heartbeat, stopAskedAt: null, isProgressing: progresses }
}

function doubtful(id: string, reason: string): Known {
  const nothing = { heartbeat: null, stopAskedAt: null, isProgressing: false, isProven: false }
  return { ...nothing, id, state: 'doubtful', reason }
}

/** A doubtful word never stands in the way of one that can be believed. */
function isLater(one: Known, other: Known): boolean {
  if ((one.state === 'doubtful') !== (other.state === 'doubtful')) return other.state === 'doubtful'
  return (one.heartbeat?.beatAt ?? '') > (other.heartbeat?.beatAt ?? '')
}
