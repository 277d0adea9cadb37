// What the operators' page shows, as gauges. Of installations only the worst is told, and of clocks the largest difference:
// names of accounts are nobody's business who scrapes.
import { Gauge, type Registry } from 'prom-client'
import type { HealthPart, HealthReport } from '../health/report.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { HEALTH_PARTS, oldestDueMs } from './health-problems.ts'

/** A sample: the values of the labels, and the number. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

type HealthGauge = {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** None where there is nothing to say: the metric is absent then. */
  readonly samples: (health: HealthReport) => readonly Sample[]
}

/** Gauges of a registry, and how they are set from a reading; null when there is none. */
export function createHealthMetrics(registry: Registry): (health: HealthReport | null) => void {
  const gauges = HEALTH_GAUGES.map(({ name, help, labels = [], samples }) => ({
    gauge: new Gauge({ name, help, labelNames: [...labels], registers: [registry] }),
    hasLabels: labels.length > 0,
    samples,
  }))
  return (health) => {
    for (const { gauge, samples, hasLabels } of gauges) {
      if (hasLabels) gauge.reset()
      else gauge.remove()
      for (const [labels, value] of health === null ? [] : samples(health)) gauge.set(labels, value)
    }
  }
}

const of = <T>(part: HealthPart<T>, samples: (value: T) => readonly Sample[]): readonly Sample[] =>
  'value' in part ? samples(part.value) : []

const one = (value: number | null): readonly Sample[] => (value === null ? [] : [[{}, value]])

const secondsOf = (at: string | null): number | null => (at === null ? null : Date.parse(at) / 1000)

const LOOP_STATES = ['alive', 'stale', 'gone', 'untrusted'] as const

/** Missed deliveries that were found this lately: between two scans of GitHub's log there are five minutes. */
const RECENTLY_MS = 11 * 60_000

const HEALTH_GAUGES: readonly HealthGauge[] = [
  {
    name: 'andon_build_info',
    help: 'Always 1; the label is the build that answers.',
    labels: ['build'],
    samples: ({ build }) => [[{ build }, 1]],
  },
  {
    name: 'andon_part_readable',
    help: 'Whether a part of the health could be read; what could not is absent.',
    labels: ['part'],
    samples: (health) => HEALTH_PARTS.map((part) => [{ part }, 'value' in health[part] ? 1 : 0]),
  },
  {
    name: 'andon_deliveries_last_hour',
    help: 'Deliveries that arrived within the last hour, by what became of them.',
    labels: ['state'],
    samples: ({ deliveries }) =>
      of(deliveries, ({ lastHour }) => Object.entries(lastHour).map(([state, count]) => [{ state }, count])),
  },
  {
    name: 'andon_missed_deliveries',
    help: 'Deliveries found in the log of GitHub that had not arrived, in the last twenty scans that found any, by what became of them.',
    labels: ['state'],
    samples: ({ sweeps }) =>
      of(sweeps, (reports) =>
        (['repaired', 'due', 'lost'] as const).map((state) => [
          { state },
          reports.flatMap(({ missed }) => missed).reduce((sum, batch) => sum + batch[state], 0),
        ]),
      ),
  },
  {
    name: 'andon_missed_deliveries_recent',
    help: 'Of them, those that were found in the last eleven minutes: GitHub is heard only by reading its log.',
    samples: ({ sweeps, asOf }) =>
      of(sweeps, (reports) => {
        const since = millisecondsAfter(asOf, -RECENTLY_MS)
        const recent = reports.flatMap(({ missed }) => missed).filter(({ foundAt }) => foundAt > since)
        return one(recent.reduce((sum, { count }) => sum + count, 0))
      }),
  },
  {
    name: 'andon_sweep_last_scan_timestamp_seconds',
    help: 'When the log of GitHub was last read as far as it must be.',
    samples: ({ sweeps }) => of(sweeps, ([sweep]) => one(secondsOf(sweep?.scannedAt ?? null))),
  },
  {
    name: 'andon_sweep_failing',
    help: 'Whether the log of GitHub cannot be read now.',
    samples: ({ sweeps }) => of(sweeps, (reports) => one(reports.some(({ failing }) => failing !== null) ? 1 : 0)),
  },
  {
    name: 'andon_sweep_cut_off_timestamp_seconds',
    help: 'When the log of GitHub was last found not to reach back to what had been seen; absent if never.',
    samples: ({ sweeps }) =>
      of(sweeps, (reports) => {
        const moments = reports.flatMap(({ cutOff }) => cutOff?.at ?? []).toSorted()
        return one(secondsOf(moments.at(-1) ?? null))
      }),
  },
  {
    name: 'andon_reconcile_last_timestamp_seconds',
    help: 'When an issue under way was last read again from GitHub; absent if none ever was.',
    samples: ({ reconciles }) => of(reconciles, ({ lastAt }) => one(secondsOf(lastAt))),
  },
  {
    name: 'andon_reconcile_oldest_timestamp_seconds',
    help: 'Of the issues under way, when the one was read that was read longest ago; absent while one never was.',
    samples: ({ reconciles }) => of(reconciles, ({ open, oldestAt }) => (open === 0 ? [] : one(secondsOf(oldestAt)))),
  },
  {
    name: 'andon_reconcile_failing',
    help: 'Issues under way that cannot be read from GitHub now.',
    samples: ({ reconciles }) => of(reconciles, ({ failing }) => one(failing)),
  },
  {
    name: 'andon_reconcile_repaired',
    help: 'How often GitHub showed, of issues that are still kept, what no delivery had told of.',
    samples: ({ reconciles }) => of(reconciles, ({ repaired }) => one(repaired)),
  },
  {
    name: 'andon_loops',
    help: 'Loops of workers, by state.',
    labels: ['state'],
    samples: ({ loops }) =>
      of(loops, (all) => LOOP_STATES.map((state) => [{ state }, all.filter((loop) => loop.state === state).length])),
  },
  {
    name: 'andon_loops_stuck',
    help: 'Loops that are alive and make no progress.',
    samples: ({ loops }) =>
      of(loops, (all) => one(all.filter(({ state, isProgressing }) => state === 'alive' && !isProgressing).length)),
  },
  {
    name: 'andon_outbox_waiting',
    help: 'What is to be sent to GitHub, by kind.',
    labels: ['kind'],
    samples: ({ outbox }) => of(outbox, ({ lines }) => lines.map(({ kind, waiting }) => [{ kind }, waiting])),
  },
  {
    name: 'andon_outbox_due',
    help: 'Of that, what could be sent now: neither held, nor kept out, nor in a quiet period.',
    labels: ['kind'],
    samples: ({ outbox }) => of(outbox, ({ lines }) => lines.map(({ kind, due }) => [{ kind }, due])),
  },
  {
    name: 'andon_outbox_oldest_due_seconds',
    help: 'For how long the oldest of that has been due; 0 when nothing is.',
    samples: ({ outbox, asOf }) => of(outbox, (reading) => one(oldestDueMs(reading, asOf) / 1000)),
  },
  {
    name: 'andon_outbox_unconfirmed',
    help: 'What was sent without a clear answer, and is looked up before anything is sent again.',
    samples: ({ outbox }) => of(outbox, ({ lines }) => one(lines.reduce((sum, line) => sum + line.unconfirmed, 0))),
  },
  {
    name: 'andon_outbox_buried',
    help: 'What was given up.',
    samples: ({ outbox }) => of(outbox, ({ buried }) => one(buried)),
  },
  {
    name: 'andon_publications_refused',
    help: 'Comments and check runs that GitHub does not take as they are; for two days they are tried again, more and more seldom.',
    samples: ({ outbox }) => of(outbox, ({ refused }) => one(refused?.count ?? 0)),
  },
  {
    name: 'andon_github_quota_left_ratio',
    help: 'Of the quota of GitHub, the share that is left to the installation that has the least; absent before an answer.',
    labels: ['resource'],
    samples: ({ quotas }) =>
      of(quotas, (installations) => {
        const byResource = Map.groupBy(
          installations.flatMap((each) => each.quotas),
          ({ resource }) => resource,
        )
        return [...byResource].map(([resource, all]) => [
          { resource },
          Math.min(...all.map(({ remaining, allowed }) => remaining / Math.max(1, allowed))),
        ])
      }),
  },
  {
    name: 'andon_github_quiet_seconds',
    help: 'For how long GitHub still accepts nothing of an installation, of those the longest; 0 when there is none.',
    samples: ({ quotas, asOf }) =>
      of(quotas, (installations) => {
        const ends = installations.flatMap(({ quietUntil }) => quietUntil ?? [])
        return one(Math.max(0, ...ends.map((end) => (Date.parse(end) - Date.parse(asOf)) / 1000)))
      }),
  },
  {
    name: 'andon_holds',
    help: 'What people hold: everything, or repositories.',
    labels: ['place'],
    samples: ({ holds }) =>
      of(holds, ({ isEverythingHeld, heldRepositories }) => [
        [{ place: 'everything' }, isEverythingHeld ? 1 : 0],
        [{ place: 'repository' }, heldRepositories],
      ]),
  },
  {
    name: 'andon_breakers_open',
    help: 'Workflows that Andon holds because they failed alike.',
    samples: ({ holds }) => of(holds, ({ openBreakers }) => one(openBreakers)),
  },
  {
    name: 'andon_workflows_limited',
    help: 'Workflows that Andon holds because an agent reported a limit.',
    samples: ({ holds }) => of(holds, ({ limitedWorkflows }) => one(limitedWorkflows)),
  },
  {
    name: 'andon_access_problems',
    help: 'What GitHub refuses now, by cause.',
    labels: ['cause'],
    samples: ({ accessProblems }) =>
      of(accessProblems, (problems) =>
        [...Map.groupBy(problems, ({ cause }) => cause)].map(([cause, { length }]) => [{ cause }, length]),
      ),
  },
  {
    name: 'andon_clock_skew_seconds',
    help: 'The largest difference between a clock and that of a process, as far as it is certain.',
    labels: ['clock'],
    samples: ({ clocks }) =>
      of(clocks, (readings) =>
        [...Map.groupBy(readings, ({ clock }) => clock)].map(([clock, own]) => [
          { clock },
          Math.max(...own.map(({ aheadMs, errorMs }) => Math.max(0, Math.abs(aheadMs) - errorMs) / 1000)),
        ]),
      ),
  },
  {
    name: 'andon_database_listening',
    help: 'Whether the database notifies its listeners; 0 behind a pooler in transaction mode, absent where it is embedded.',
    samples: ({ database }) =>
      of(database, ({ hearsItself }) => one(hearsItself === null ? null : hearsItself ? 1 : 0)),
  },
  {
    name: 'andon_database_writable',
    help: 'Whether the database accepts writes.',
    samples: ({ database }) => of(database, ({ isReadOnly }) => one(isReadOnly ? 0 : 1)),
  },
  {
    name: 'andon_database_answer_seconds',
    help: 'How long the database took to answer.',
    samples: ({ database }) => of(database, ({ answerMs }) => one(answerMs / 1000)),
  },
  {
    name: 'andon_database_size_bytes',
    help: 'The size of the database.',
    samples: ({ database }) => of(database, ({ bytes }) => one(bytes)),
  },
  {
    name: 'andon_disk_free_bytes',
    help: 'What is free where ANDON_DATA is.',
    samples: ({ disk }) => of(disk, ({ freeBytes }) => one(freeBytes)),
  },
  {
    name: 'andon_disk_size_bytes',
    help: 'The size of that disk.',
    samples: ({ disk }) => of(disk, ({ totalBytes }) => one(totalBytes)),
  },
]
