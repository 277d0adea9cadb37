// The webhooks that Andon acts on. app.yml subscribes to exactly these, which a test checks; every other delivery is
// accepted and kept as ignored. Pins, milestones and the like change nothing on the line, and editing a comment runs no
// command.

/** The webhooks and, for each, the actions that matter; an empty list for a webhook without actions. */
export const HANDLED_WEBHOOKS = {
  issues: [
    ...['opened', 'edited', 'closed', 'reopened', 'labeled', 'assigned', 'unassigned'],
    ...['unlocked', 'deleted', 'transferred'],
  ],
  workflow_run: ['requested', 'in_progress', 'completed'],
  workflow_job: ['queued', 'waiting', 'in_progress', 'completed'],
  pull_request: ['opened', 'edited', 'synchronize', 'ready_for_review', 'converted_to_draft', 'closed', 'reopened'],
  pull_request_review: ['submitted', 'dismissed'],
  issue_comment: ['created', 'deleted'],
  check_run: ['rerequested', 'requested_action'],
  push: [],
  repository: ['renamed', 'transferred', 'privatized', 'publicized', 'edited', 'archived', 'unarchived', 'deleted'],
  installation: ['created', 'deleted', 'suspend', 'unsuspend', 'new_permissions_accepted'],
  installation_repositories: ['added', 'removed'],
} as const satisfies Record<string, readonly string[]>

export type HandledWebhook = keyof typeof HANDLED_WEBHOOKS

export const HANDLED_WEBHOOK_NAMES = Object.keys(HANDLED_WEBHOOKS) as HandledWebhook[]

/** Every App receives these without a subscription, and a manifest may not list them. */
export const ALWAYS_DELIVERED: readonly HandledWebhook[] = ['installation', 'installation_repositories']

export function isHandledWebhook(name: string): name is HandledWebhook {
  return Object.hasOwn(HANDLED_WEBHOOKS, name)
}

/** False for a webhook without actions: each of its deliveries is translated. */
export function hasActions(name: HandledWebhook): boolean {
  return HANDLED_WEBHOOKS[name].length > 0
}

export function isHandledAction(name: HandledWebhook, action: string): boolean {
  const actions: readonly string[] = HANDLED_WEBHOOKS[name]
  return actions.includes(action)
}
