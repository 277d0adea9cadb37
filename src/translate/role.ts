import { z } from 'zod'
import type { Role } from '../pipeline/model/questions.ts'
import { readPayload } from './fields.ts'

/** The role that GitHub reports for a user. */
export type RoleRead = Role

const permissionPayload = z.object({
  permission: z.string(),
  role_name: z.string().nullish(),
  user: z.object({ id: z.number() }).nullish(),
})

/**
 * The user's role on the repository; `none` unless REST clearly says more. `permission` is coarse: it folds maintain into
 * write and triage into read. With `userId`: `none` as well if the login is another user's by now. `role_name` may be any name, because organisations define their own roles.
 */
export function translateRoleRead(body: unknown, userId: number | null = null): RoleRead {
  const { permission, role_name: roleName, user } = readPayload(permissionPayload, body)
  if (userId !== null && user?.id !== userId) return 'none'
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
