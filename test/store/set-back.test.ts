// Every column with a moment is moved when the clock is set back, or is listed here with the reason why it stays.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OWN_MOMENTS } from '../../src/store/set-back.ts'
import { SCHEMA_FILE } from '../support/schema-dump.ts'

const STAY: Readonly<Record<string, readonly string[]>> = {
  'GitHub’s clock': [
    'github_quotas.resets_at',
    'label_scans.listed_since',
    'label_scans.not_before',
    'missed_deliveries.delivered_at',
    'pull_requests.updated_at',
    'repositories.updated_at',
    'runs.updated_at',
    'sweeps.cut_off_from',
    'sweeps.cut_off_until',
    'sweeps.swept_until',
  ],
  'reckoned from the document whenever the pipeline is saved, which waking it does': [
    'pipelines.needs_you_at',
    'pipelines.queued_at',
    'pipelines.silent_at',
    'pipelines.since',
    'pipelines.stale_at',
    'pipelines.started_at',
    'pipelines.turns_at',
  ],
  'written again within seconds by whoever is alive; one in the future never counts as alive': [
    'loops.beat_at',
    'loops.in_flight_since',
    'loops.progress_at',
    'loops.stop_requested_at',
    'presence.seen_at',
    'presence.since',
  ],
  'only its distance from now counts, whichever is later': ['users.seen_at'],
  'shown, sorted by, or deleted by after days': [
    'access_problems.since',
    'access_problems.tried_at',
    'api_tokens.created_at',
    'api_tokens.last_used_at',
    'budgets.updated_at',
    'clock_readings.read_at',
    'deliveries.received_at',
    'effects.updated_at',
    'github_quotas.read_at',
    'history.at',
    'label_scans.found_at',
    'label_scans.scanned_at',
    'latencies.minute',
    'missed_deliveries.ended_at',
    'missed_deliveries.found_at',
    'pipelines.created_at',
    'pipelines.updated_at',
    'presses.answered_at',
    'publications.updated_at',
    'push_subscriptions.created_at',
    'push_subscriptions.renewed_at',
    'push_subscriptions.sent_at',
    'reconciles.failing_since',
    'reconciles.repaired_at',
    'repositories.removed_at',
    'sessions.created_at',
    'sweeps.cut_off_reconciled_at',
    'sweeps.failing_since',
    'sweeps.scanned_at',
    'users.updated_at',
  ],
}

test('every moment is moved when the clock is set back, or has a reason to stay', () => {
  const moved = Object.entries(OWN_MOMENTS).flatMap(([table, columns]) => columns.map((column) => `${table}.${column}`))
  const listed = [...moved, ...Object.values(STAY).flat()]
  expect(listed.toSorted()).toEqual(momentColumns().toSorted())
})

function momentColumns(): readonly string[] {
  let table = ''
  return readFileSync(SCHEMA_FILE, 'utf8')
    .split('\n')
    .flatMap((line) => {
      table = /^create table (\w+)/.exec(line)?.[1] ?? table
      const column = /^ {2}(\w+) timestamp with time zone/.exec(line)?.[1]
      return column === undefined ? [] : [`${table}.${column}`]
    })
}
