// Deliveries after which somebody may see more or less than before. What was known is dropped before the delivery gets its
// 2xx, so that nobody is shown a repository that GitHub has told us they lost.
import type { Database } from '../store/database.ts'
import { deleteUser, dropSeen } from '../store/users.ts'
import type { DeliveryEnvelope } from '../translate/envelope.ts'

/** Notes what a delivery says about people's access; rejects when the database is unavailable. */
export type NoteAccessChange = (envelope: Pick<DeliveryEnvelope, 'name' | 'action' | 'payload'>) => Promise<void>

export function openAccessChanges(database: Database): NoteAccessChange {
  return async ({ name, action, payload }) => {
    if (name === 'github_app_authorization') {
      const id = userIdIn(payload, 'sender')
      if (action === 'revoked' && id !== null) await deleteUser(database, id)
    } else if (name === 'member') {
      await dropSeen(database, userIdIn(payload, 'member') ?? 'all')
    } else if (CONCERNING_ANYBODY.has(name)) {
      await dropSeen(database, 'all')
    }
  }
}

/** May a delivery with this name change what somebody sees? */
export function concernsAccess(name: string): boolean {
  return name === 'github_app_authorization' || name === 'member' || CONCERNING_ANYBODY.has(name)
}

/** The last four arrive only where an App has been given the permission `members`, which ours does not ask for. */
const CONCERNING_ANYBODY: ReadonlySet<string> = new Set([
  'installation',
  'installation_repositories',
  'repository',
  'organization',
  'membership',
  'team',
  'team_add',
])

function userIdIn(payload: object, field: 'sender' | 'member'): number | null {
  const user = (payload as Readonly<Record<string, unknown>>)[field] as { readonly id?: unknown } | null | undefined
  return typeof user?.id === 'number' && Number.isSafeInteger(user.id) ? user.id : null
}
