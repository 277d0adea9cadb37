// Effects that were given up after their last try. They stay until they are pruned, for an operator.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from './database.ts'
import { notifyChange } from './notify.ts'

/** An effect that was given up, as an operator sees it. */
export type BuriedEffect = {
  readonly id: number
  /** Null when the repository is not known any more. */
  readonly repository: string | null
  readonly key: string
  readonly since: Instant
  readonly error: string
}

const MAX_LISTED = 500

/** The newest first. */
export async function listBuriedEffects({ kysely }: Database): Promise<readonly BuriedEffect[]> {
  const { rows } = await sql<BuriedEffect>`
    select effects.id, repositories.full_name as repository, effects.key, effects.updated_at as since,
      coalesce(effects.error, '') as error
    from effects left join repositories on repositories.id = effects.repository_id
    where effects.state = 'buried' order by effects.id desc limit ${MAX_LISTED}`.execute(kysely)
  return rows
}

/** Lets them be tried again from the first try on; resolves to how many. What may have arrived is looked for before it is sent. */
export async function replayBuriedEffects({ kysely }: Database, ids: readonly number[], now: Instant): Promise<number> {
  if (ids.length === 0) return 0
  return await kysely.transaction().execute(async (trx) => {
    const { numAffectedRows = 0n } = await sql`
      update effects set state = case when sent_at is null then 'due' else 'unconfirmed' end, due_at = ${now},
        tries = 0, misses = 0, missed_at = null, updated_at = ${now}
      where state = 'buried' and id in (${sql.join(ids)})`.execute(trx)
    await notifyChange(trx, 'everything')
    return Number(numAffectedRows)
  })
}

/** They are not listed any more, and never sent; resolves to how many. */
export async function dropBuriedEffects({ kysely }: Database, ids: readonly number[], now: Instant): Promise<number> {
  if (ids.length === 0) return 0
  const { numUpdatedRows } = await kysely
    .updateTable('effects')
    .set({ state: 'refused', error: 'dropped by an operator', updatedAt: now })
    .where('id', 'in', ids)
    .where('state', '=', 'buried')
    .executeTakeFirst()
  return Number(numUpdatedRows)
}
