// What is wrong, in a sentence each: what `/healthz` says, what only operators are told, and what could not be looked at.
import type { HealthPart, HealthPartName, HealthReport } from '../health/report.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { OutboxReading, RefusedPublications } from '../store/machine.ts'
import type { OperatorHealth } from './operators.ts'
import { bytesText, durationText } from './quantities.ts'

export function whatIsWrong(health: OperatorHealth): readonly string[] {
  return [
    ...health.degraded,
    ...clockProblems(health),
    ...outboxProblems(health),
    ...databaseProblems(health),
    ...diskProblems(health),
    ...unreadParts(health),
  ]
}

/** Moments are compared to the second. */
const TOLERATED_SKEW_MS = 2_000

export function isClockApart({ aheadMs, errorMs }: { readonly aheadMs: number; readonly errorMs: number }): boolean {
  return Math.abs(aheadMs) > errorMs + TOLERATED_SKEW_MS
}

/** Postgres writes its log in files of 16 MiB. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024

export function isDiskLow({ freeBytes }: { readonly freeBytes: number }): boolean {
  return freeBytes < LEAST_FREE_BYTES
}

/** For how long the oldest of what could be sent has been due; 0 when nothing is. */
export function oldestDueMs({ lines }: OutboxReading, asOf: Instant): number {
  const [oldest = asOf] = lines.flatMap(({ dueSince }) => dueSince ?? []).toSorted()
  return Math.max(0, Date.parse(asOf) - Date.parse(oldest))
}

function valueIn<T>(part: HealthPart<T>): T | null {
  return 'value' in part ? part.value : null
}

function clockProblems({ clocks }: HealthReport): readonly string[] {
  return (valueIn(clocks) ?? []).filter(isClockApart).map(({ process, clock, aheadMs }) => {
    const whose = clock === 'github' ? "GitHub's clock" : "the database's clock"
    return `${whose} is ${durationText(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${process}`
  })
}

/** Longer than a burst of commands takes. */
const OLD_WORK_MS = 10 * 60_000

function outboxProblems({ outbox, asOf }: HealthReport): readonly string[] {
  const reading = valueIn(outbox)
  if (reading === null) return []
  const { buried } = reading
  const ageMs = oldestDueMs(reading, asOf)
  return [
    ...(ageMs > OLD_WORK_MS ? [`what could be sent to GitHub has waited for ${durationText(ageMs)}`] : []),
    ...(buried === 0 ? [] : [`${buried} of the things to send ${buried === 1 ? 'was' : 'were'} given up`]),
    ...(reading.refused === null ? [] : [refusedText(reading.refused)]),
  ]
}

/** What GitHub does not take, with the oldest of it as an example. */
export function refusedText({ count, repository, issue, surface, words }: RefusedPublications): string {
  const what = count === 1 ? 'a comment or check run' : `${count} comments or check runs`
  const place = issue === null ? repository : `${repository}#${issue}`
  return `GitHub refuses ${what}: of ${place} (${surface}): ${words}`
}

function databaseProblems({ database }: HealthReport): readonly string[] {
  const { hearsItself = null, isReadOnly = false } = valueIn(database) ?? {}
  return [
    ...(isReadOnly ? ['the database is read-only'] : []),
    ...(hearsItself === false
      ? ['the database does not notify its listeners: a pooler in transaction mode swallows LISTEN']
      : []),
  ]
}

function diskProblems({ disk }: HealthReport): readonly string[] {
  const facts = valueIn(disk)
  return facts !== null && isDiskLow(facts) ? [`only ${bytesText(facts.freeBytes)} are free in ${facts.directory}`] : []
}

const PART_WORDS = {
  deliveries: 'the deliveries',
  loops: 'the loops',
  sweeps: 'what GitHub logged and Andon missed',
  reconciles: 'what was read again from GitHub',
  clocks: 'the clocks',
  outbox: 'the outbox',
  quotas: "GitHub's quotas",
  holds: 'the holds',
  accessProblems: 'what GitHub refuses',
  latencies: 'the latencies',
  database: 'the database',
  disk: 'the disk',
} as const satisfies Record<HealthPartName, string>

/** The parts that are each read or could not be read. */
export const HEALTH_PARTS = Object.keys(PART_WORDS) as readonly HealthPartName[]

/** That something could not be looked at is itself something wrong. */
function unreadParts(health: HealthReport): readonly string[] {
  const blind = HEALTH_PARTS.filter((part) => 'problem' in health[part]).map((part) => PART_WORDS[part])
  return blind.length === 0 ? [] : [`nobody can say now how it is with ${blind.join(', ')}`]
}
