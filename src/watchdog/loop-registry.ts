// Every loop there is, from what the rows and the files say. A loop that is in both is believed where it spoke last.

import type { Instant } from '../pipeline/model/time.ts'
import type { LoopRow } from '../store/loops.ts'
import {
  assessHeartbeat,
  type Heartbeat,
  type HeartbeatAssessment,
  type HeartbeatObserver,
  isProgressing,
  whyNotHeartbeat,
} from './heartbeat.ts'
import type { HeartbeatFile } from './heartbeat-files.ts'

export type RegisteredLoop = HeartbeatAssessment & {
  /** Of a file that cannot be believed: its name. */
  readonly id: string
  /** What it said last, where that can be read. */
  readonly heartbeat: Heartbeat | null
  readonly stopRequestedAt: Instant | null
  readonly isProgressing: boolean
}

/** Who is there, in the order of their ids. */
export async function listRegisteredLoops(
  o: HeartbeatObserver & { rows: readonly LoopRow[]; files: readonly HeartbeatFile[] },
): Promise<readonly RegisteredLoop[]> {
  const ofFiles = o.files.map((file) => loopOfFile(file, o))
  const ofRows = o.rows.map((row) => loopOfRow(row, o))
  const known = new Map<string, RegisteredLoop>()
  for (const each of await Promise.all([...ofRows, ...ofFiles])) {
    const other = known.get(each.id)
    if (other === undefined || isMoreReliable(each, other)) {
      known.set(each.id, { ...each, stopRequestedAt: each.stopRequestedAt ?? other?.stopRequestedAt ?? null })
    }
  }
  return [...known.values()].toSorted((a, b) => a.id.localeCompare(b.id))
}

async function loopOfRow({ stopRequestedAt, ...heartbeat }: LoopRow, o: HeartbeatObserver): Promise<RegisteredLoop> {
  const flaw = whyNotHeartbeat(heartbeat)
  if (flaw !== null) return untrustedLoop(heartbeat.id, `its row cannot be believed: ${flaw}`)
  return { ...(await assessLoop(heartbeat, o, 'row')), stopRequestedAt }
}

async function loopOfFile(file: HeartbeatFile, o: HeartbeatObserver): Promise<RegisteredLoop> {
  if (file.heartbeat === null) return untrustedLoop(file.name, `its file cannot be believed: ${file.problem}`)
  return assessLoop(file.heartbeat, o, 'file')
}

async function assessLoop(heartbeat: Heartbeat, o: HeartbeatObserver, from: 'row' | 'file'): Promise<RegisteredLoop> {
  const verdict = await assessHeartbeat(heartbeat, { ...o, from })
  const progresses = verdict.state === 'alive' && isProgressing(heartbeat, o.now)
  return { ...verdict, id: heartbeat.id, heartbeat, stopRequestedAt: null, isProgressing: progresses }
}

function untrustedLoop(id: string, reason: string): RegisteredLoop {
  const nothing = { heartbeat: null, stopRequestedAt: null, isProgressing: false, isProven: false }
  return { ...nothing, id, state: 'doubtful', reason }
}

/** A doubtful word never stands in the way of one that can be believed. */
function isMoreReliable(one: RegisteredLoop, other: RegisteredLoop): boolean {
  if ((one.state === 'doubtful') !== (other.state === 'doubtful')) return other.state === 'doubtful'
  return (one.heartbeat?.beatAt ?? '') > (other.heartbeat?.beatAt ?? '')
}
