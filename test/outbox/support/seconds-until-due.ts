import type { Database } from '../../../src/store/database.ts'

/** How long nothing will be due, in whole steps of 50 ms; null when nothing is left. */
export async function secondsUntilDue({ kysely }: Database, now: string): Promise<number | null> {
  const behind = (table: 'pipelines' | 'repositories') =>
    kysely
      .selectFrom(table)
      .select(['publishAfter', 'publishClaimToken', 'publishClaimedUntil'])
      .whereRef('publishedRevision', '<', 'revision')
      .execute()
  const subjects = [...(await behind('pipelines')), ...(await behind('repositories'))]
  const budget = await kysely.selectFrom('budgets').select(['nextWriteAt', 'blockedUntil']).executeTakeFirst()
  const effects = await kysely
    .selectFrom('effects')
    .select(['type', 'state', 'dueAt', 'claimedUntil'])
    .where('state', 'in', ['due', 'sending', 'unconfirmed'])
    .execute()
  const times = [
    ...subjects.map(({ publishAfter, publishClaimToken, publishClaimedUntil }) => {
      const until = [budget?.nextWriteAt ?? null, budget?.blockedUntil ?? null]
      return latestMs([publishAfter, publishClaimToken && publishClaimedUntil, ...until])
    }),
    ...effects.map(({ type, state, dueAt, claimedUntil }) => {
      const isWrite = type !== 'ask' && state === 'due'
      return latestMs([dueAt, claimedUntil, budget?.blockedUntil ?? null, (isWrite && budget?.nextWriteAt) || null])
    }),
  ]
  if (times.length === 0) return null
  const ms = Math.min(...times) - Date.parse(now)
  return Math.max(50, ms) / 1000
}

function latestMs(times: readonly (string | null)[]): number {
  return Math.max(...times.map((at) => (at === null || at.endsWith('infinity') ? 0 : Date.parse(at))))
}
