// Months in minutes: what is as old as a few minutes of a test is made older than its retention, so that the chore that prunes has
// as much to do every hour as it has after months.
import { sql } from 'kysely'
import { expect } from 'vitest'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { Database } from '../../../src/store/database.ts'
import { millisecondsAfter } from '../../../src/text/milliseconds-after.ts'
import type { FakeGitHub } from '../../support/fake-github.ts'
import { lightsAtGitHub } from '../../support/lights-at-github.ts'

export type Ageing = {
  /** Issues whose pipelines were done, as GitHub knew, and were made old. */
  readonly agedIssues: ReadonlySet<number>
  age(now: Instant): Promise<void>
  /** Those of the deliveries that were neither there when they were made old, nor are now. */
  notKept(guids: ReadonlySet<string>): Promise<readonly string[]>
}

/** On the clock of the processes: longer than GitHub takes for a redelivery, and shorter than between two prunings. */
const AGED_AFTER_MS = 20 * 60_000

const MOMENTS: readonly (readonly [table: string, column: string, where: string])[] = [
  ['runs', 'updated_at', 'true'],
  ['pull_requests', 'updated_at', 'true'],
  ['effects', 'updated_at', "state in ('done', 'refused')"],
  ['latencies', 'minute', 'true'],
  ['clock_readings', 'read_at', 'true'],
  ['loops', 'beat_at', 'true'],
  ['missed_deliveries', 'found_at', "state <> 'due'"],
]

export function openAgeing({
  database: { kysely },
  github,
  repository,
}: {
  readonly database: Database
  readonly github: FakeGitHub
  readonly repository: string
}): Ageing {
  const agedIssues = new Set<number>()
  const kept = new Set<string>()

  async function keptNow(before: Instant): Promise<readonly string[]> {
    const { rows } = await sql<{ guid: string; state: string }>`
      select guid, state from deliveries where received_at < ${before}`.execute(kysely)
    expect(rows.filter(({ state }) => state === 'failed')).toEqual([])
    return rows.map(({ guid }) => guid)
  }

  return {
    agedIssues,
    async age(now) {
      const before = millisecondsAfter(now, -AGED_AFTER_MS)
      // What GitHub's log still has must be known.
      const own = (await keptNow(before)).filter((guid) => guid.startsWith('soak-'))
      for (const guid of own) kept.add(guid)
      await sql`update deliveries set received_at = received_at - interval '400 days'
        where received_at >= ${before}::timestamptz - interval '1 day' and received_at < ${before} and guid like 'soak-%'`.execute(
        kysely,
      )
      for (const [table, column, where] of MOMENTS) {
        const at = sql.ref(column)
        await sql`update ${sql.table(table)} set ${at} = ${at} - interval '400 days'
          where ${at} >= ${before}::timestamptz - interval '1 day' and ${at} < ${before} and ${sql.raw(where)}`.execute(
          kysely,
        )
      }
      const { rows } = await sql<{ issueNumber: number; light: string }>`
        update pipelines set updated_at = updated_at - interval '400 days'
        where updated_at >= ${before}::timestamptz - interval '1 day' and updated_at < ${before} and light in ('done', 'idle')
          and published_revision = revision and wake_at is null
        returning issue_number, light`.execute(kysely)
      const known = lightsAtGitHub(
        github,
        repository,
        rows.map(({ issueNumber }) => issueNumber),
      )
      for (const { issueNumber, light } of rows) {
        expect(light, `#${issueNumber}`).toBe(known.get(issueNumber))
        agedIssues.add(issueNumber)
      }
    },
    async notKept(guids) {
      for (const guid of await keptNow('infinity')) kept.add(guid)
      return [...guids].filter((guid) => !kept.has(guid))
    },
  }
}
