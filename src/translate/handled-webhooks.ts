// What we act on. app.yml subscribes to exactly these (a test holds it to that); everything else GitHub sends is accepted
// and kept as ignored. Labels, assignments, pins and the like change nothing on the line, and a comment that is edited
// orders nothing.

/** Webhook names and the actions of each that are acted on; none where GitHub knows none. */
export const HANDLED_WEBHOOKS = {
  issues: ['opened', 'edited', 'closed', 'reopened', 'labeled', 'deleted', 'transferred'],
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

/** Every App gets these, asked for or not: a manifest may not list them. */
export const ALWAYS_DELIVERED: readonly HandledWebhook[] = ['installation', 'installation_repositories']

export function isHandledWebhook(name: string): name is HandledWebhook {
  return Object.hasOwn(HANDLED_WEBHOOKS, name)
}

/** False for deliveries that carry no action: each of them is looked at. */
export function hasActions(name: HandledWebhook): boolean {
  return HANDLED_WEBHOOKS[name].length > 0
}

export function isHandledAction(name: HandledWebhook, action: string): boolean {
  const actions: readonly string[] = HANDLED_WEBHOOKS[name]
  return actions.includes(action)
}
