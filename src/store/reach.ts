// Conditions that every query about an installation's work shares, so that what is looked for is what can be claimed.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'

/** Joins to `repositories` what the conditions below are about. */
export const WITH_REACH = sql`
  join installations on installations.id = repositories.installation_id
  left join budgets on budgets.installation_id = repositories.installation_id`

/** Condition on `repositories` and `installations`: calls may succeed. */
export const isReached = sql<SqlBool>`(repositories.removed_at is null and installations.state = 'active')`

/** Condition on `effects`: asked as the App, and just because the repository or its installation may not be reached. */
export const asksAboutPresence = sql<SqlBool>`(effects.type = 'ask' and effects.key ~ '^(repository|installation)/')`

/** Condition on `budgets`, joined from the left: no rate limit blocks the installation now. */
export function isUnblocked(now: Instant): RawBuilder<SqlBool> {
  return sql<SqlBool>`(budgets.installation_id is null or budgets.blocked_until <= ${now})`
}

/** Condition on `budgets`, joined from the left: the installation's next write may be sent now. */
export function hasFreeSlot(now: Instant): RawBuilder<SqlBool> {
  return sql<SqlBool>`(budgets.installation_id is null or budgets.next_write_at <= ${now})`
}
