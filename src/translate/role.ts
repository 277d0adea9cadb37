import { z } from 'zod'
import type { Role } from '../pipeline/model/effects.ts'
import { readPayload } from './fields.ts'

/** What GitHub says that a user may. */
export type RoleRead = Role

const permissionPayload = z.object({ permission: z.string(), role_name: z.string().nullish() })

/**
 * The user's role on the repository, by what REST clearly says. `permission` is the coarse word, which folds maintain into
 * write and triage into read; an organisation's own roles have any name.
 */
export function translateRoleRead(body: unknown): RoleRead {
  const { permission, role_name: roleName } = readPayload(permissionPayload, body)
  switch (permission) {
    case 'admin':
      return 'admin'
    case 'write':
      return roleName === 'maintain' ? 'maintain' : 'write'
    case 'read':
      return roleName === 'triage' ? 'triage' : 'read'
    default:
      return 'none'
  }
}
