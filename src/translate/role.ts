import { z } from 'zod'
import type { Role } from '../pipeline/model/effects.ts'
import { readPayload } from './fields.ts'

/** The role that GitHub reports for a user. */
export type RoleRead = Role

const permissionPayload = z.object({ permission: z.string(), role_name: z.string().nullish() })

/**
 * The user's role on the repository; `none` unless REST clearly says more. `permission` is coarse: it folds maintain into
 * write and triage into read. `role_name` may be any name, because organisations define their own roles.
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
