// Every loop, from the rows and the files. Of a loop that is in both, the later beat counts.
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
  /** For a file that cannot be trusted, its name. */
  readonly id: string
  /** The last heartbeat, if it is well formed. */
  readonly heartbeat: Heartbeat | null
  readonly stopRequestedAt: Instant | null
  readonly isProgressing: boolean
}

/** Every loop, in the order of their ids. */
export async function listRegisteredLoops(
  o: HeartbeatObserver & { rows: readonly LoopRow[]; files: readonly HeartbeatFile[] },
): Promise<readonly RegisteredLoop[]> {
  const ofFiles = o.files.map((file) => loopOfFile(file, o))
  const ofRows = o.rows.map((row) => loopOfRow(row, o))
  const byId = new Map<string, RegisteredLoop>()
  for (const each of await Promise.all([...ofRows, ...ofFiles])) {
    const other = byId.get(each.id)
    if (other === undefined || isMoreReliable(each, other)) {
      byId.set(each.id, { ...each, stopRequestedAt: each.stopRequestedAt ?? other?.stopRequestedAt ?? null })
    }
  }
  return [...byId.values()].toSorted((a, b) => a.id.localeCompare(b.id))
}

async function loopOfRow({ stopRequestedAt, ...heartbeat }: LoopRow, o: HeartbeatObserver): Promise<RegisteredLoop> {
  const flaw = whyNotHeartbeat(heartbeat)
  if (flaw !== null) return untrustedLoop(heartbeat.id, `its row cannot be trusted: ${flaw}`)
  return { ...(await assessLoop(heartbeat, o, 'row')), stopRequestedAt }
}

async function loopOfFile(file: HeartbeatFile, o: HeartbeatObserver): Promise<RegisteredLoop> {
  if (file.heartbeat === null) return untrustedLoop(file.name, `its file cannot be trusted: ${file.problem}`)
  return assessLoop(file.heartbeat, o, 'file')
}

async function assessLoop(heartbeat: Heartbeat, o: HeartbeatObserver, from: 'row' | 'file'): Promise<RegisteredLoop> {
  const assessment = await assessHeartbeat(heartbeat, { ...o, from })
  const progresses = assessment.state === 'alive' && isProgressing(heartbeat, o.now)
  return { ...assessment, id: heartbeat.id, heartbeat, stopRequestedAt: null, isProgressing: progresses }
}

function untrustedLoop(id: string, reason: string): RegisteredLoop {
  const nothing = { heartbeat: null, stopRequestedAt: null, isProgressing: false, isProven: false }
  return { ...nothing, id, state: 'untrusted', reason }
}

/** An untrusted heartbeat never replaces one that is trusted. */
function isMoreReliable(one: RegisteredLoop, other: RegisteredLoop): boolean {
  if ((one.state === 'untrusted') !== (other.state === 'untrusted')) return other.state === 'untrusted'
  return (one.heartbeat?.beatAt ?? '') > (other.heartbeat?.beatAt ?? '')
}
