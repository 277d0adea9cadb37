// The sections about the processes and what they stand on: loops, latencies, clocks, database, disk.
import type { LatencySummary } from '../health/latency-buckets.ts'
import type { DatabaseFacts, DiskFacts, LatencyReading } from '../health/report.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { ClockRow } from '../store/measurements.ts'
import type { RegisteredLoop } from '../watchdog/loop-registry.ts'
import { isClockApart, isDiskLow } from './health-problems.ts'
import type { HealthCell, SectionContent } from './health-section.ts'
import { bytesText, durationText, rangeText } from './quantities.ts'

export function loopContent(loops: readonly RegisteredLoop[]): SectionContent {
  const rows = loops.map(({ id, state, reason, heartbeat, isProgressing }): readonly HealthCell[] => {
    const isStuck = state === 'alive' && !isProgressing
    const words = state === 'alive' ? (heartbeat?.status ?? 'unknown') : `${state}: ${reason}`
    return [
      { text: id },
      { text: isStuck ? 'alive, without progress' : words, tone: state !== 'alive' || isStuck ? 'bad' : undefined },
      { age: heartbeat?.beatAt ?? null },
      { age: heartbeat?.progressAt ?? null, tone: isStuck ? 'bad' : undefined },
      { age: heartbeat?.inFlightSince ?? null },
      { text: heartbeat?.lastError ?? 'none', tone: heartbeat?.lastError ? 'warn' : 'muted' },
    ]
  })
  const columns = ['loop', 'state', 'alive', 'progress', 'one iteration since', 'last error']
  return {
    facts: loops.some(({ state }) => state === 'alive')
      ? []
      : [{ term: 'workers', cell: { text: 'none is alive: nothing is sent to GitHub', tone: 'bad' } }],
    table: { caption: 'Loops', columns, rows },
  }
}

export function latencyContent({ commit, browser }: LatencyReading): SectionContent {
  const cell = (summary: LatencySummary | null): HealthCell =>
    summary === null
      ? { text: 'not measured in the last hour', tone: 'muted' }
      : { text: `p50 ${durationText(summary.p50Ms)}, p95 ${durationText(summary.p95Ms)} (${summary.count} measured)` }
  return {
    facts: [
      { term: 'to the commit', cell: cell(commit) },
      { term: 'to the browsers', cell: cell(browser) },
    ],
  }
}

export function clockContent(clocks: readonly ClockRow[], asOf: Instant): SectionContent {
  const rows = clocks.map(({ process, clock, aheadMs, errorMs, readAt }): readonly HealthCell[] => [
    { text: process },
    { text: clock === 'github' ? "GitHub's" : "the database's" },
    { text: rangeText(aheadMs, errorMs), tone: isClockApart({ aheadMs, errorMs }) ? 'bad' : undefined },
    { age: readAt },
  ])
  const columns = ['process', 'clock', 'against its own', 'measured']
  return {
    facts: [{ term: "this process's clock", cell: { text: `${asOf.slice(0, 19).replace('T', ' ')} UTC` } }],
    table: { caption: 'How far other clocks are from that of a process', columns, rows },
    note: rows.length === 0 ? 'No process has compared its clock today.' : null,
  }
}

export function databaseContent({
  kind,
  location,
  version,
  answerMs,
  bytes,
  isReadOnly,
  hearsItself,
}: DatabaseFacts): SectionContent {
  const notifications: HealthCell =
    hearsItself === null
      ? { text: 'need no connection: there is one process' }
      : hearsItself
        ? { text: 'arrive at once' }
        : {
            text: 'do not arrive: a pooler in transaction mode swallows LISTEN, and every reaction takes up to ten seconds',
            tone: 'bad',
          }
  return {
    facts: [
      { term: 'where', cell: { text: kind === 'embedded' ? `embedded in ${location}` : location } },
      { term: 'version', cell: { text: `Postgres ${version}` } },
      { term: 'answers in', cell: { text: durationText(answerMs) } },
      { term: 'size', cell: { text: bytesText(bytes) } },
      { term: 'writes', cell: isReadOnly ? { text: 'refused: it is read-only', tone: 'bad' } : { text: 'accepted' } },
      { term: 'notifications', cell: notifications },
    ],
  }
}

export function diskContent({ directory, freeBytes, totalBytes }: DiskFacts): SectionContent {
  const tone = isDiskLow({ freeBytes }) ? 'bad' : undefined
  return {
    facts: [
      { term: 'folder', cell: { text: directory } },
      { term: 'free', cell: { text: `${bytesText(freeBytes)} of ${bytesText(totalBytes)}`, tone } },
    ],
  }
}
